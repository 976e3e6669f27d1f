#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runners/box/bases.hpp"
#include "runners/box/cgroup.hpp"
#include "runners/box/layers.hpp"
#include "runners/box/protocol.hpp"
#include "runners/box/spawner.hpp"
#include "runners/box/subordinate.hpp"

namespace weir::box {

/// One way to stand up boxes on a machine; tried from the best to the worst.
struct Footing {
  IdMap map = IdMap::range;
  bool in_memory = true;  ///< layers on tmpfs of their own, else in `scratch`
  std::filesystem::path scratch = {};
  Subordinate subordinate = {};  ///< for IdMap::external

  [[nodiscard]] std::string name() const;
};

/// The footings this process may hope for: root's, or an ordinary user's.
/// Reasons against better ones are added to `refused`.
[[nodiscard]] std::vector<Footing> possible_footings(std::vector<std::string>& refused);

/// What all boxes of a process share. Immutable after construction but for what
/// is safe to share between threads.
class Ground {
 public:
  /// Throws InfraError.
  explicit Ground(const Footing& footing);

  /// A disk for one box.
  [[nodiscard]] std::shared_ptr<Disk> new_disk(const BoxLimits& limits) const;
  [[nodiscard]] Bases& bases() { return *bases_; }

  [[nodiscard]] const Footing& footing() const { return footing_; }
  [[nodiscard]] bool as_root() const { return footing_.map == IdMap::range; }
  [[nodiscard]] const CgroupHome& cgroups() const { return cgroups_; }
  /// A box's pid 1, its ids mapped; `network`: a descriptor of the one it shares. Throws InfraError.
  [[nodiscard]] Spawned spawn(const Cgroup& cgroup, int network = -1);
  [[nodiscard]] const Descriptor& filter() const { return filter_; }

 private:
  Footing footing_;
  CgroupHome cgroups_;
  std::shared_ptr<Spawner> spawner_;  // shared with the scratch, which may outlive this
  std::shared_ptr<Scratch> scratch_;
  Descriptor filter_;
  std::unique_ptr<Bases> bases_;
};

}  // namespace weir::box
