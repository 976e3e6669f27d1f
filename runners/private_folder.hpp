#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "tasks/error.hpp"

namespace weir {

/// A temporary folder on the host that nobody else can enter, removed with the
/// object. One owner.
class PrivateFolder {
 public:
  /// Throws InfraError.
  PrivateFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw InfraError("no temporary folder can be made");
    path_ = name;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace weir
