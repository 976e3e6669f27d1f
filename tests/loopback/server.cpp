#include "tests/loopback/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <stdexcept>

namespace weir::loopback {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

const char* reason_of(int status) { return status == 200 ? "OK" : "No"; }

/// Reads one request into `exchange`; false at the end of the connection.
bool read_request(int socket, std::string& buffer, Exchange& exchange) {
  char piece[65536];
  std::size_t head = std::string::npos;
  while ((head = buffer.find("\r\n\r\n")) == std::string::npos) {
    const auto got = ::recv(socket, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer.append(piece, static_cast<std::size_t>(got));
  }
  const std::string text = buffer.substr(0, head);
  buffer.erase(0, head + 4);
  const auto first = text.find(' ');
  exchange.path = text.substr(first + 1, text.find(' ', first + 1) - first - 1);
  for (std::size_t at = text.find("\r\n"); at != std::string::npos;) {
    const auto next = text.find("\r\n", at + 2);
    const std::string line = text.substr(at + 2, next == std::string::npos ? next : next - at - 2);
    const auto colon = line.find(": ");
    if (colon != std::string::npos) exchange.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = next;
  }
  const auto length = exchange.headers.find("content-length");
  const std::size_t wanted = length == exchange.headers.end() ? 0 : std::stoul(length->second);
  while (buffer.size() < wanted) {
    const auto got = ::recv(socket, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer.append(piece, static_cast<std::size_t>(got));
  }
  exchange.body = buffer.substr(0, wanted);
  buffer.erase(0, wanted);
  return true;
}

}  // namespace

bool Exchange::send(std::string_view bytes) {
  while (!bytes.empty() && socket_ >= 0) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return socket_ >= 0;
}

void Exchange::reply(int status, std::string_view text, const std::string& extra_headers,
                     const std::string& content_type) {
  send("HTTP/1.1 " + std::to_string(status) + " " + reason_of(status) + "\r\nContent-Type: " +
       content_type + "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n" + extra_headers +
       "\r\n" + std::string(text));
}

void Exchange::begin_stream(const std::string& content_type) {
  send("HTTP/1.1 200 OK\r\nContent-Type: " + content_type +
       "\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool Exchange::chunk(std::string_view bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return send(size + std::string(bytes) + "\r\n");
}

void Exchange::end() { send("0\r\n\r\n"); }

bool Exchange::sleep(std::chrono::milliseconds duration) const {
  const auto until = std::chrono::steady_clock::now() + duration;
  while (!stopping_ && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::min(duration, std::chrono::milliseconds(10)));
  }
  return !stopping_;
}

void Exchange::reset() {
  if (socket_ < 0) return;
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket_ = -1;  // the server closes it
}

void Exchange::hang_up() { socket_ = -1; }

Server::Server(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_, 2048) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the loopback server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

Server::~Server() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  threads_.clear();
  ::close(listener_);
}

void Server::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    ++connections_;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void Server::serve(int socket) {
  std::string buffer;
  while (!stopping_) {
    Exchange exchange(socket, stopping_);
    if (!read_request(socket, buffer, exchange)) break;
    ++requests_;
    handler_(exchange);
    if (!exchange.open()) break;
  }
  const std::lock_guard lock(mutex_);
  sockets_.erase(std::remove(sockets_.begin(), sockets_.end(), socket), sockets_.end());
  ::close(socket);
}

}  // namespace weir::loopback
