#include "runners/relay.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <vector>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

constexpr std::size_t kMostConnections = 64;
constexpr std::size_t kMostHead = 64 << 10;
constexpr std::size_t kMostBuffered = 256 << 10;
constexpr std::string_view kRefusal =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Starts to connect; the answer shows as writable. None if it is refused at once.
Descriptor begin_to_connect(const RelayTarget& target) {
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address);
  Descriptor fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(fd.get(), address, target.size) != 0 && errno != EINPROGRESS) fd.reset();
  return fd;
}

bool is_connected(const Descriptor& fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

/// Bytes on their way from one socket to another.
struct Flow {
  std::string waiting;
  bool ended = false;      ///< the source will send no more
  bool passed_on = false;  ///< and the sink was told

  [[nodiscard]] bool wants_input() const { return !ended && waiting.size() < kMostBuffered; }

  bool read_from(int fd) {
    char buffer[65536];
    const ssize_t got = ::recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (got > 0) waiting.append(buffer, static_cast<std::size_t>(got));
    if (got == 0) ended = true;
    return got >= 0 || errno == EAGAIN;
  }

  bool write_to(int fd) {
    if (!waiting.empty()) {
      const ssize_t wrote = ::send(fd, waiting.data(), waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (wrote < 0) return errno == EAGAIN;
      waiting.erase(0, static_cast<std::size_t>(wrote));
    }
    if (waiting.empty() && ended && !passed_on) {
      passed_on = true;
      ::shutdown(fd, SHUT_WR);
    }
    return true;
  }
};

/// One connection from the box, and, once it showed the token, its other half.
class Connection {
 public:
  explicit Connection(Descriptor box) : box_(std::move(box)) {}

  [[nodiscard]] bool admitted() const { return static_cast<bool>(target_); }

  void watch(std::vector<pollfd>& events) {
    at_ = events.size();
    short box = out_.wants_input() ? POLLIN : 0;
    if (!in_.waiting.empty() || (in_.ended && !in_.passed_on)) box |= POLLOUT;
    // Not looked at when nothing is wanted: a hang-up would wake the loop for ever.
    events.push_back({box != 0 ? box_.get() : -1, box, 0});
    short target = in_.wants_input() ? POLLIN : 0;
    if (connecting_ || !out_.waiting.empty() || (out_.ended && !out_.passed_on)) target |= POLLOUT;
    events.push_back({target_ && target != 0 ? target_.get() : -1, target, 0});
  }

  /// False when the connection is over.
  bool serve(const std::vector<pollfd>& events, const RelayTarget& to, std::string_view token) {
    if (at_ == kNotWatched) return true;
    const pollfd& box = events[at_];
    const pollfd& target = events[at_ + 1];
    if (((box.revents | target.revents) & (POLLERR | POLLNVAL)) != 0) return false;
    if ((box.revents & (POLLIN | POLLHUP)) != 0 && !out_.read_from(box_.get())) return false;
    if (!target_) return admit(to, token);
    if (connecting_) {
      if (target.revents == 0) return true;
      connecting_ = false;
      if (!is_connected(target_)) return false;
    }
    if ((target.revents & (POLLIN | POLLHUP)) != 0 && !in_.read_from(target_.get())) return false;
    if (!out_.write_to(target_.get()) || !in_.write_to(box_.get())) return false;
    return !(in_.passed_on && out_.passed_on);
  }

 private:
  static constexpr std::size_t kNotWatched = ~std::size_t{0};

  /// Connects to the target once the head is whole and shows the token.
  bool admit(const RelayTarget& to, std::string_view token) {
    const auto end = out_.waiting.find("\r\n\r\n");
    if (end == std::string::npos) return !out_.ended && out_.waiting.size() < kMostHead;
    if (!shows_token(std::string_view(out_.waiting).substr(0, end + 2), token)) {
      [[maybe_unused]] const auto sent =
          ::send(box_.get(), kRefusal.data(), kRefusal.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      return false;
    }
    target_ = begin_to_connect(to);
    connecting_ = true;
    return static_cast<bool>(target_);
  }

  Descriptor box_;
  Descriptor target_;
  bool connecting_ = false;
  Flow out_;  ///< from the box
  Flow in_;   ///< to the box
  std::size_t at_ = kNotWatched;
};

void serve(int listener, int stop, const RelayTarget& to, std::string_view token) {
  std::list<Connection> connections;
  for (;;) {
    // Full, those that showed no token make way, the oldest first.
    const auto idle = std::find_if(connections.begin(), connections.end(),
                                   [](const Connection& each) { return !each.admitted(); });
    const bool room = connections.size() < kMostConnections || idle != connections.end();
    std::vector<pollfd> events = {{stop, POLLIN, 0}, {room ? listener : -1, POLLIN, 0}};
    for (auto& connection : connections) connection.watch(events);
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return;
    if (events[0].revents != 0) return;
    if (events[1].revents != 0 && connections.size() >= kMostConnections) connections.erase(idle);
    connections.remove_if([&](Connection& each) { return !each.serve(events, to, token); });
    if (events[1].revents == 0) continue;
    Descriptor accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted) connections.emplace_back(std::move(accepted));
  }
}

/// Compares without stopping early: a box cannot time its way to the token.
bool same(std::string_view a, std::string_view b) {
  unsigned char different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    different = static_cast<unsigned char>(different | (a[i] ^ b[i]));
  }
  return different == 0;
}

}  // namespace

namespace {
std::string lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}
}  // namespace

bool shows_token(std::string_view head, std::string_view token) {
  for (std::string_view line : split_lines(head)) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string name = lowered(line.substr(0, colon));
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    if (name == "x-api-key" && same(value, token)) return true;
    if (name != "authorization" || lowered(value.substr(0, 7)) != "bearer ") continue;
    if (same(value.substr(7), token)) return true;
  }
  return false;
}

namespace {

RelayTarget unix_target(const std::string& path) {
  RelayTarget target;
  auto* address = reinterpret_cast<sockaddr_un*>(&target.address);
  address->sun_family = AF_UNIX;
  if (path.size() >= sizeof(address->sun_path)) throw InfraError("gateway: " + path + ": too long");
  std::memcpy(address->sun_path, path.c_str(), path.size() + 1);
  target.size = sizeof(sockaddr_un);
  return target;
}

/// Once, before any box can wait for it.
RelayTarget resolve(const std::string& target) {
  if (target.find('/') != std::string::npos) return unix_target(target);
  const auto colon = target.rfind(':');
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (colon == std::string::npos ||
      ::getaddrinfo(target.substr(0, colon).c_str(), target.substr(colon + 1).c_str(), &hints,
                    &found) != 0) {
    throw InfraError(fmt::format("gateway: {}: not HOST:PORT, nor a socket's path", target));
  }
  RelayTarget resolved;
  std::memcpy(&resolved.address, found->ai_addr, found->ai_addrlen);
  resolved.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return resolved;
}

}  // namespace

Relay::Relay(Descriptor listener, GatewayAccess access)
    : listener_(std::move(listener)),
      target_(resolve(access.target)),
      token_(std::move(access.token)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this](const std::stop_token& stop) {
        const std::stop_callback wake(stop, [this] {
          const std::uint64_t one = 1;
          [[maybe_unused]] const auto wrote = ::write(stop_.get(), &one, sizeof(one));
        });
        serve(listener_.get(), stop_.get(), target_, token_);
      }) {}

}  // namespace weir
