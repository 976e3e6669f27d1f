#pragma once

#include <cstddef>

// Fixed-size messages with file descriptors over a SOCK_SEQPACKET socket, for
// both of its ends. Plain system calls, no C++ library: the init is static.

namespace weir::box {

inline constexpr int kMaxDescriptors = 64;

/// Descriptors that came with a message; the receiver owns them.
struct Attached {
  int fds[kMaxDescriptors];
  int count = 0;

  void close_all();
};

/// False if the other end is gone. At most kMaxDescriptors descriptors.
bool send_packet(int socket, const void* data, std::size_t size, const int* fds, int count);

/// Waits for the next message of exactly `size` bytes. False if the other end
/// is gone or said something else.
bool receive_packet(int socket, void* data, std::size_t size, Attached& attached);

}  // namespace weir::box
