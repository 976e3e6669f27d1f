#include "runners/box/channel.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "tasks/error.hpp"

namespace weir::box {

bool Channel::send(const Request& request, const std::vector<int>& fds) {
  Request copy = request;
  iovec part{&copy, sizeof(copy)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  }
  return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof(copy));
}

std::optional<Received> Channel::receive(std::chrono::milliseconds patience) {
  pollfd ready{socket_.get(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(patience.count())) != 1) return {};
  Received received;
  iovec part{&received.reply, sizeof(received.reply)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  if (got != static_cast<ssize_t>(sizeof(received.reply))) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    received.fd.reset(fd);
  }
  return received;
}

std::optional<Received> Channel::ask(const Request& request, const std::vector<int>& fds,
                                     std::chrono::milliseconds patience) {
  if (!send(request, fds)) return {};
  return receive(patience);
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
