#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runners/private_folder.hpp"

namespace weir {

/// The folder that a Dockerfile's COPY takes files from, without what its .dockerignore (or
/// Dockerfile.dockerignore, which comes first) leaves out: such a context is a copy, which goes
/// with the object. The folder outlives it.
class BuildContext {
 public:
  /// Throws InfraError naming a malformed .dockerignore.
  explicit BuildContext(const std::filesystem::path& folder);

  /// What a word of COPY means, in order: one file or folder, or what a pattern matches. None if
  /// it is not there; nothing outside the context, by `..` or by a link.
  [[nodiscard]] std::vector<std::filesystem::path> find(const std::string& word) const;

 private:
  std::filesystem::path folder_;
  std::optional<PrivateFolder> kept_;  ///< the copy, if something is left out
};

}  // namespace weir
