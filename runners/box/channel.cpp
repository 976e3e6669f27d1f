#include "runners/box/channel.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "runners/box/packet.hpp"
#include "tasks/error.hpp"

namespace weir::box {

namespace {
constexpr std::chrono::seconds kPatience{30};
}

bool Channel::send(const Request& request, const std::vector<int>& fds) {
  const bool sent = send_packet(socket_.get(), &request, sizeof(request), fds.data(),
                                static_cast<int>(fds.size()));
  gone_ = gone_ || !sent;
  return sent;
}

std::optional<Received> Channel::receive(std::chrono::milliseconds patience) {
  pollfd ready{socket_.get(), POLLIN, 0};
  Received received;
  Attached attached;
  if (::poll(&ready, 1, static_cast<int>(patience.count())) != 1 ||
      !receive_packet(socket_.get(), &received.reply, sizeof(received.reply), attached)) {
    gone_ = true;
    return {};
  }
  if (attached.count > 0) received.fd.reset(attached.fds[0]);
  return received;
}

Received Channel::tell(const Request& request, const std::vector<int>& fds,
                       const std::string& what) {
  if (!gone_ && send(request, fds)) {
    if (auto received = receive(kPatience)) {
      const Reply& reply = received->reply;
      if (reply.error == 0) return std::move(*received);
      throw InfraError(
          fmt::format("box: {}: {}: {}", what, reply.step, std::strerror(reply.error)));
    }
  }
  throw InfraError(fmt::format("box: {}: the init no longer answers", what));
}

Received Channel::tell(const Request& request, const std::vector<std::string>& texts,
                       const std::string& what) {
  const Descriptor blob = make_blob(texts);
  return tell(request, std::vector<int>{blob.get()}, what);
}

Descriptor make_memfd(std::string_view bytes) {
  Descriptor fd(::memfd_create("weir", MFD_CLOEXEC));
  while (fd && !bytes.empty()) {
    const ssize_t wrote = ::write(fd.get(), bytes.data(), bytes.size());
    if (wrote <= 0) fd.reset();
    if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (!fd) throw InfraError("box: memfd cannot be written");
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

Descriptor make_blob(const std::vector<std::string>& texts) {
  std::string joined;
  for (const auto& text : texts) {
    joined += text;
    joined.push_back('\0');
  }
  return make_memfd(joined);
}

}  // namespace weir::box
