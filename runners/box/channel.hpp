#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runners/box/protocol.hpp"
#include "runners/descriptor.hpp"

namespace weir::box {

/// A reply, and the descriptor that came with it, if any.
struct Received {
  Reply reply;
  Descriptor fd;
};

/// The harness's end of the socket to one init. One thread at a time.
class Channel {
 public:
  explicit Channel(Descriptor socket) : socket_(std::move(socket)) {}

  /// False if the init is gone.
  bool send(const Request& request, const std::vector<int>& fds);
  /// The next reply; nullopt if the init is gone or silent for `patience`.
  std::optional<Received> receive(std::chrono::milliseconds patience);
  /// send, then receive; throws InfraError, naming `what`, if the init is gone or
  /// reports an error.
  Received tell(const Request& request, const std::vector<int>& fds, const std::string& what);
  /// The same for a request whose texts travel in a blob.
  Received tell(const Request& request, const std::vector<std::string>& texts,
                const std::string& what);

  [[nodiscard]] int fd() const { return socket_.get(); }
  /// Whether the init was found gone.
  [[nodiscard]] bool gone() const { return gone_; }

 private:
  Descriptor socket_;
  bool gone_ = false;
};

/// A memfd holding the texts, each followed by NUL. Throws InfraError.
[[nodiscard]] Descriptor make_blob(const std::vector<std::string>& texts);
/// A memfd holding bytes, positioned at the start. Throws InfraError.
[[nodiscard]] Descriptor make_memfd(std::string_view bytes);

}  // namespace weir::box
