#pragma once

#include <cstdint>

// What the harness says to its spawner and to each box's init, over
// SOCK_SEQPACKET sockets (packet.hpp). Messages are fixed structs; texts travel
// as NUL-separated blobs in a memfd, so that no packet is ever too large. Both
// ends are the same build: no versions, no padding games. Free of C++ library
// headers: the init is static and tiny.

namespace weir::box {

inline constexpr int kSocket = 3;  ///< descriptor spawner and init find their socket on

/// How a box's ids map to the host's.
enum class IdMap : std::uint32_t {
  range,     ///< 0..65535 -> base..base+65535; needs root
  single,    ///< 0 -> the caller
  external,  ///< written by newuidmap after the spawn
};

/// To the spawner. fds: the init's end of its socket, then with `into_network` a network
/// namespace, then with `into_cgroup` a cgroup v2 folder, then the `tasks` files of cgroup v1
/// groups.
struct SpawnRequest {
  IdMap map = IdMap::range;
  std::uint32_t base = 0;
  std::uint32_t into_cgroup = 0;
  std::uint32_t into_network = 0;  ///< the box shares it; needs root
};

/// fds: a pidfd of the init, its user namespace.
struct SpawnReply {
  std::int32_t error = 0;  ///< errno of the step that failed, or 0
  char step[32] = {};
  std::int32_t pid = -1;  ///< as the spawner sees it
};

enum class Op : std::uint32_t {
  setup,     ///< fds: blob, filter, `groups`, then by `world`
  exec,      ///< fds: blob, stdin, stdout, stderr
  signal,    ///< TERM to the command's process group
  kill,      ///< KILL to everything the command started
  open,      ///< fds: blob(path); reply carries the descriptor of a regular file
  folder,    ///< fds: blob(path); makes it and its parents, reply carries it
  link,      ///< fds: blob(target, path)
  status,    ///< counts live processes
  end_all,   ///< KILL to everything but init
  listen,    ///< reply carries a socket listening on 127.0.0.1:port in the box
  remove,    ///< fds: blob(path of the host); before any setup, as the box's root
  terminal,  ///< fds: blob; reply carries the pty's master
};

/// Who assembles the box's file system.
enum class World : std::uint32_t {
  mounts,     ///< overlays come as descriptors: fds root, further pieces, binds
  paths,      ///< init mounts overlays itself from host paths in the blob
  container,  ///< a container runtime did it already
};

struct Request {
  Op op = Op::status;
  std::uint32_t id = 0;
  // setup: blob = hostname, [bind sources], mount point, pieces' paths [and options], binds' paths
  World world = World::mounts;
  std::uint32_t pieces = 0;        ///< root included
  std::uint32_t binds = 0;         ///< after the pieces
  std::uint32_t groups = 0;        ///< control groups that commands join, v1 `tasks` files
  std::uint32_t clone_into = 0;    ///< or 1: one v2 group, to be cloned into
  std::uint64_t capabilities = 0;  ///< what commands run by root keep
  std::uint32_t set_id = 0;        ///< whether set-id programs gain privileges (sudo)
  std::uint64_t shm_bytes = 0;
  std::uint32_t pids = 0;
  std::uint32_t open_files = 0;
  std::uint64_t data_bytes =
      0;  ///< RLIMIT_DATA per process, 0: none; where no cgroup limits memory
  std::uint64_t file_bytes = 0;  ///< RLIMIT_FSIZE, 0: none; where nothing exact limits the disk
  // exec, terminal: blob = user, cwd, argc words, envc words
  std::uint32_t argc = 0;
  std::uint32_t envc = 0;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  // open, folder
  std::int32_t flags = 0;
  std::uint32_t mode = 0;
  // listen
  std::uint32_t port = 0;
};

struct Reply {
  Op op = Op::status;
  std::uint32_t id = 0;
  std::int32_t error = 0;  ///< errno of the step that failed, or 0
  char step[32] = {};      ///< which step
  std::int32_t wait_status = 0;
  std::int64_t cpu_user_us = 0;  ///< of what was reaped since the command began
  std::int64_t cpu_sys_us = 0;
  std::int64_t max_rss_kib = 0;
  std::int32_t live = 0;      ///< processes beside init
  std::int32_t leftover = 0;  ///< of these, started by the command
};

}  // namespace weir::box
