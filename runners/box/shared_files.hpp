#pragma once

#include <memory>

#include "runners/box/disk.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// A folder on a disk of its own that boxes mount, each with its ids. Root's boxes alone.
struct SharedFiles final : Volume {
  explicit SharedFiles(std::shared_ptr<Disk> on)
      : disk(std::move(on)), folder(disk->path() / disk->fresh_folder()) {}

  std::shared_ptr<Disk> disk;
  std::filesystem::path folder;
};

}  // namespace weir::box
