#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runners/box/descriptor.hpp"
#include "runners/box/protocol.hpp"

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
  /// send, then receive.
  std::optional<Received> ask(const Request& request, const std::vector<int>& fds,
                              std::chrono::milliseconds patience = std::chrono::seconds(30));

  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  Descriptor socket_;
};

/// A memfd holding the texts, each followed by NUL. Throws InfraError.
[[nodiscard]] Descriptor make_blob(const std::vector<std::string>& texts);
/// A memfd holding bytes, positioned at the start. Throws InfraError.
[[nodiscard]] Descriptor make_memfd(std::string_view bytes);

}  // namespace weir::box
