#pragma once

#include <sys/socket.h>

#include <string>
#include <thread>

#include "runners/descriptor.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// Where a relay forwards to, resolved.
struct RelayTarget {
  sockaddr_storage address{};
  socklen_t size = 0;
};

/// Serves a listening socket of a box from the host: connections that show the
/// box's token are forwarded to the one target, byte for byte; others get a 401
/// and are closed. A thread of its own, a bounded number of connections, no
/// memory an enemy can grow. Ends with the object.
class Relay {
 public:
  /// Throws InfraError if the target's name means nothing.
  Relay(Descriptor listener, GatewayAccess access);
  ~Relay() = default;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  Descriptor listener_;
  RelayTarget target_;
  std::string token_;
  Descriptor stop_;
  std::jthread thread_;  // last: it uses the others
};

/// Whether the head of an HTTP request (its lines up to the empty one) carries
/// `token` as `Authorization: Bearer` or `x-api-key`.
[[nodiscard]] bool shows_token(std::string_view head, std::string_view token);

}  // namespace weir
