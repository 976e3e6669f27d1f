#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <vector>

#include "runners/box/cgroup.hpp"
#include "runners/box/protocol.hpp"
#include "runners/descriptor.hpp"

namespace weir::box {

/// A live pid 1 in fresh namespaces, waiting for its setup request. Owned by
/// one box.
struct Spawned {
  Spawned() = default;
  Spawned(Spawned&&) = default;
  Spawned& operator=(Spawned&&) = default;
  ~Spawned();  ///< kills what still lives

  pid_t pid = -1;
  Descriptor pidfd;
  Descriptor socket;  ///< the harness's end
  Descriptor userns;
  unsigned base = 0;  ///< host uid of the box's root where ids map to a range; never 0
};

/// Kills the box's init, and with it every process of the box. Returns false if
/// it would not die within five seconds.
bool kill_init(Spawned& spawned);

/// The small process that clones boxes' inits: starting a box costs the same
/// however large the harness has grown, and no box inherits anything of it.
/// Boxes die with the spawner, and it with the harness, even by SIGKILL. Safe to
/// share between threads; started again if something killed it.
class Spawner {
 public:
  /// Throws InfraError.
  Spawner();
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// Clones a pid 1 into `cgroup` and fresh user, mount, pid, net, ipc and uts
  /// namespaces (commands get a cgroup namespace each); with `network`, a descriptor of one,
  /// into that one. Throws InfraError saying what to enable where the kernel refuses.
  [[nodiscard]] Spawned spawn(IdMap map, const Cgroup& cgroup, int network = -1);

 private:
  void start();
  void stop();
  bool ask(const SpawnRequest& request, const std::vector<int>& fds, SpawnReply& reply,
           Spawned& spawned);

  std::mutex mutex_;
  pid_t pid_ = -1;
  Descriptor socket_;
};

/// Starts the init program with an empty environment, in a session of its own,
/// holding `their_socket` as kSocket and nothing else. Throws InfraError.
[[nodiscard]] pid_t start_init_program(const std::vector<std::string>& arguments, int their_socket);

/// The init program, read-only and sealed: a descriptor owned by the process.
[[nodiscard]] int init_image();

}  // namespace weir::box
