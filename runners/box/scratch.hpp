#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runners/descriptor.hpp"

namespace weir::box {

/// This process's folder for box files, private (0700) because layers may hold
/// files set-id to root. Locked while in use; folders whose owner is gone are
/// removed at start-up. Safe to share between threads.
class Scratch {
 public:
  /// Removes a tree; files may belong to ids that only a box's root can be.
  using Remover = std::function<void(const std::filesystem::path&)>;

  /// Makes the folder below `parent`. Throws InfraError.
  Scratch(const std::filesystem::path& parent, Remover remover);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// Removes a tree of it, in the background.
  void remove(const std::filesystem::path& folder);

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  /// A new folder, empty, named `kind` and a number.
  [[nodiscard]] std::filesystem::path fresh(const std::string& kind);

  /// Where scratch folders may live, best first: $WEIR_SCRATCH alone if set,
  /// else /dev/shm (a new directory costs a quarter of ext4's), else /var/tmp.
  [[nodiscard]] static std::vector<std::filesystem::path> candidates();

 private:
  std::shared_ptr<const Remover> remover_;
  std::filesystem::path root_;
  Descriptor lock_;
  std::atomic<int> next_{0};
};

}  // namespace weir::box
