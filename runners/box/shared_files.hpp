#pragma once

#include <sys/types.h>

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

/// Throws InfraError unless, in the box whose init is `pid` on the host, each of the spec's volumes
/// is mounted at the very path it says, as the kernel tells it: something there may be a link that
/// leads elsewhere.
void require_in_place(pid_t pid, const BoxSpec& spec);

}  // namespace weir::box
