#pragma once

#include <sys/types.h>

#include "runners/box/cgroup.hpp"
#include "runners/box/descriptor.hpp"

namespace weir::box {

/// A live pid 1 in fresh namespaces, waiting for its setup request.
struct Spawned {
  Spawned() = default;
  Spawned(Spawned&&) = default;
  Spawned& operator=(Spawned&&) = default;
  ~Spawned();  ///< kills and reaps what still lives

  pid_t pid = -1;
  Descriptor pidfd;
  Descriptor socket;   ///< the harness's end
  Descriptor userns;
  unsigned base = 0;   ///< host uid of the box's root; never 0
};

/// Starts the init in its own user, mount, pid, net, ipc, uts and cgroup
/// namespaces, with ids 0..65535 mapped to a range of its own, an empty
/// environment and no inherited descriptors. Throws InfraError saying what to
/// enable where the kernel refuses.
/// `cgroup` takes it in before it runs anything.
[[nodiscard]] Spawned spawn_init(const Cgroup& cgroup);

/// Kills the box's init, and with it every process of the box, and reaps it.
/// Returns false if it would not die within five seconds.
bool kill_init(Spawned& spawned);

}  // namespace weir::box
