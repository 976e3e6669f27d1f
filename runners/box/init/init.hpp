#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "runners/box/protocol.hpp"

// The box's pid 1: a static program that sets up the mounts, runs commands,
// reaps, and reports. It speaks to the harness alone, over a socket no command
// ever holds; it is not dumpable, so nothing in the box can read its memory. It
// ends, and the box with it, when the harness closes the socket.

namespace weir::box {

/// Texts from a memfd, NUL-separated; walked front to back.
struct Blob {
  char* data = nullptr;
  std::size_t size = 0;
  std::size_t at = 0;

  /// Reads the whole descriptor and closes it. data is nullptr on failure.
  static Blob read(int fd);
  /// The next text; "" past the end.
  const char* next();
  void release();
};

/// What setup leaves for the commands.
struct BoxState {
  std::uint64_t capabilities = 0;
  std::uint32_t pids = 0;
  std::uint32_t open_files = 0;
  void* filter = nullptr;  ///< seccomp program (array of sock_filter)
  std::size_t filter_bytes = 0;
};

/// Assembles the root file system and enters it. On failure fills reply.error
/// and reply.step.
void set_up(const Request& request, const int* fds, int count, BoxState& state, Reply& reply);

/// Forks the command of an exec request; -1 with reply.error on failure.
pid_t start_command(const Request& request, const int* fds, const BoxState& state, Reply& reply);

/// Notes which step failed with errno; returns false.
bool failed(Reply& reply, const char* step);

}  // namespace weir::box
