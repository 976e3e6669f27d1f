#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "runners/box/scratch.hpp"
#include "runners/descriptor.hpp"

namespace weir::box {

/// What a box's layers are written to. In memory: a tmpfs of its own, attached
/// nowhere, whose size and inodes the kernel enforces and which is gone with its
/// last holder, even if that was killed. In a folder of the scratch: any file
/// system, its size looked at from time to time. Safe to share between threads.
class Disk : public std::enable_shared_from_this<Disk> {
 public:
  /// Throws InfraError where the kernel has no such tmpfs.
  static std::shared_ptr<Disk> in_memory(std::int64_t bytes, std::int64_t inodes);
  static std::shared_ptr<Disk> in_folder(std::shared_ptr<Scratch> scratch);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  /// Where this process finds it.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// A new folder on it, by its name.
  [[nodiscard]] std::string fresh_folder();
  /// Removes a folder, in the background.
  void remove(const std::string& name);
  /// Whether the kernel enforces the size.
  [[nodiscard]] bool enforced() const { return static_cast<bool>(mount_); }
  /// Bytes taken, by walking it where nothing counts them.
  [[nodiscard]] std::int64_t used() const;

 private:
  Disk() = default;

  std::filesystem::path path_;
  Descriptor mount_;
  std::shared_ptr<Scratch> scratch_;
  std::atomic<int> next_{0};
};

}  // namespace weir::box
