#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <thread>

#include "runners/descriptor.hpp"

namespace weir {

/// A server on the host that answers every connection with one line.
class HostServer {
 public:
  HostServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::listen(listener_.get(), 16);
    socklen_t size = sizeof(address);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      for (;;) {
        const Descriptor one(::accept(listener_.get(), nullptr, nullptr));
        if (!one) return;
        char buffer[4096];
        const ssize_t got = ::recv(one.get(), buffer, sizeof(buffer), 0);
        if (got > 0) ++requests;
        const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserved";
        ::send(one.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~HostServer() { ::shutdown(listener_.get(), SHUT_RDWR); }

  int port = 0;
  std::atomic<int> requests{0};

 private:
  Descriptor listener_;
  std::jthread thread_;
};

}  // namespace weir
