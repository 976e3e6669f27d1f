#pragma once

#include <cstdint>

// What the harness and the box's init say to each other over one SOCK_SEQPACKET
// socket. Requests and replies are fixed structs; texts travel as NUL-separated
// blobs in a memfd, so that no packet is ever too large. File descriptors ride
// along by SCM_RIGHTS. Both ends are the same build: no versions, no padding
// games. Free of C++ library headers: the init is static and tiny.

namespace weir::box {

inline constexpr int kInitSocket = 3;   ///< descriptor the init finds its socket on
inline constexpr int kMaxDescriptors = 16;

enum class Op : std::uint32_t {
  setup,   ///< fds: blob, filter, root mount, then one per further piece and bind
  exec,    ///< fds: blob, stdin, stdout, stderr
  signal,  ///< TERM to the command's process group
  kill,    ///< KILL to everything the command started
  open,    ///< fds: blob(path); reply carries the descriptor
  mkdir,   ///< fds: blob(path); makes parents too
  link,    ///< fds: blob(target, path)
  status,  ///< counts live processes
};

struct Request {
  Op op = Op::status;
  std::uint32_t id = 0;
  // setup
  std::uint32_t pieces = 0;     ///< mounts after the root, at the blob's paths
  std::uint32_t binds = 0;      ///< read-only binds after the pieces
  std::uint64_t capabilities = 0;  ///< what commands run by root keep
  std::uint64_t shm_bytes = 0;
  std::uint32_t pids = 0;
  std::uint32_t open_files = 0;
  // exec: blob = user, cwd, argc words, envc words
  std::uint32_t argc = 0;
  std::uint32_t envc = 0;
  // open, mkdir
  std::int32_t flags = 0;
  std::uint32_t mode = 0;
};

struct Reply {
  Op op = Op::status;
  std::uint32_t id = 0;
  std::int32_t error = 0;      ///< errno of the step that failed, or 0
  char step[32] = {};          ///< which step
  std::int32_t wait_status = 0;
  std::int64_t cpu_user_us = 0;
  std::int64_t cpu_sys_us = 0;
  std::int64_t max_rss_kib = 0;
  std::int32_t live = 0;       ///< processes beside init
  std::int32_t leftover = 0;   ///< of these, started by the command
};

}  // namespace weir::box
