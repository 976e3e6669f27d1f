#include "runners/egress.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <list>
#include <vector>

#include "runners/address_range.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::size_t kMostConnections = 64;
constexpr std::size_t kMostHead = 64 << 10;
constexpr int kHeadPatience = 30'000;  // ms
constexpr int kIdlePatience = 300'000;

std::string lowered_host(std::string_view host) {
  std::string out(host);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

/// "host:port" or "[v6]:port"; the port may be missing.
bool split_authority(std::string_view authority, const char* default_port, EgressTarget& target) {
  std::string_view port = default_port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return false;
    target.host = lowered_host(authority.substr(1, end - 1));
    authority.remove_prefix(end + 1);
    if (!authority.empty()) port = authority.substr(authority.front() == ':' ? 1 : 0);
  } else {
    const auto colon = authority.find(':');
    target.host = lowered_host(authority.substr(0, colon));
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  const bool digits =
      !port.empty() && port.size() <= 5 &&
      std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  target.port = std::string(port);
  // Anything else could end a name for who resolves it, and not for who looks it up in a list.
  const bool plain = std::all_of(target.host.begin(), target.host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == ':' || c == '-' || c == '_';
  });
  return digits && plain && !target.host.empty();
}

/// The request as its target is to see it: the path alone, one request on the connection.
std::string head_for_target(std::string_view method, std::string_view path,
                            std::string_view version, std::string_view fields) {
  std::string out = fmt::format("{} {} {}\r\n", method, path, version);
  while (!fields.empty()) {
    const auto end = std::min(fields.find("\r\n"), fields.size());
    const std::string_view line = fields.substr(0, end);
    fields.remove_prefix(std::min(end + 2, fields.size()));
    const std::string name = lowered_host(line.substr(0, line.find(':')));
    if (line.empty() || name == "connection" || name.starts_with("proxy-")) continue;
    out += std::string(line) + "\r\n";
  }
  return out + "Connection: close\r\n\r\n";
}

/// False if the other side does not take it, or when told to stop.
bool write_all(int fd, std::string_view bytes, int stop) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
      continue;
    }
    if (wrote == 0 || errno != EAGAIN) return false;
    pollfd ready[2] = {{fd, POLLOUT, 0}, {stop, POLLIN, 0}};
    if (::poll(ready, 2, kIdlePatience) <= 0 || ready[1].revents != 0) return false;
  }
  return true;
}

/// Waits until one of `fds` can be read; false at the end of patience, or when told to stop.
template <std::size_t N>
bool wait_to_read(std::array<pollfd, N>& fds, int patience, int stop) {
  std::array<pollfd, N + 1> all{};
  std::copy(fds.begin(), fds.end(), all.begin());
  all[N] = {stop, POLLIN, 0};
  if (::poll(all.data(), all.size(), patience) <= 0 || all[N].revents != 0) return false;
  std::copy_n(all.begin(), N, fds.begin());
  return true;
}

/// One connection from the box, to its end.
class Exchange {
 public:
  Exchange(Descriptor box, const EgressRules& rules, int stop)
      : box_(std::move(box)), rules_(rules), stop_(stop) {}

  void serve() {
    const auto head = read_head();
    if (!head) return;
    const auto target = read_proxy_head(*head);
    if (!target) return refuse("400 Bad Request", "this is an HTTP proxy");
    if (!is_address(target->host) && !permits_name(rules_, target->host)) {
      return refuse("403 Forbidden", target->host + " is not among the allowed hosts");
    }
    const Descriptor there = connect_to(*target);
    if (!there) return refuse("502 Bad Gateway", target->host + " is out of reach, or not allowed");
    const std::string first = target->tunnel ? "" : target->head;
    if (target->tunnel &&
        !write_all(box_.get(), "HTTP/1.1 200 Connection established\r\n\r\n", stop_)) {
      return;
    }
    if (write_all(there.get(), first + rest_, stop_)) pass(there.get());
  }

 private:
  /// What follows the head stays in `rest_`.
  std::optional<std::string> read_head() {
    std::string got;
    while (got.size() < kMostHead) {
      std::array<pollfd, 1> readable{{{box_.get(), POLLIN, 0}}};
      char buffer[4096];
      if (!wait_to_read(readable, kHeadPatience, stop_)) return {};
      const ssize_t bytes = ::recv(box_.get(), buffer, sizeof(buffer), 0);
      if (bytes <= 0) return {};
      got.append(buffer, static_cast<std::size_t>(bytes));
      const auto end = got.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      rest_ = got.substr(end + 4);
      return got.substr(0, end + 4);
    }
    return {};
  }

  void refuse(const std::string& status, const std::string& why) const {
    write_all(box_.get(),
              fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}\n",
                          status, why.size() + 1, why),
              stop_);
  }

  /// The name is looked up here, and each address it means is held against the rules: what is
  /// connected to is what was looked at.
  Descriptor connect_to(const EgressTarget& target) const {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found) != 0) return {};
    Descriptor connected;
    for (const addrinfo* each = found; each != nullptr && !connected; each = each->ai_next) {
      char text[INET6_ADDRSTRLEN] = {};
      if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof(text), nullptr, 0,
                        NI_NUMERICHOST) != 0) {
        continue;
      }
      if (!permits_address(rules_, text, !is_address(target.host))) continue;
      if (is_own(text) && !rules_.private_too) continue;
      connected = try_to_connect(*each);
    }
    ::freeaddrinfo(found);
    return connected;
  }

  Descriptor try_to_connect(const addrinfo& to) const {
    constexpr int kPatience = 20'000;
    Descriptor fd(::socket(to.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(fd.get(), to.ai_addr, to.ai_addrlen) != 0 && errno != EINPROGRESS) return {};
    std::array<pollfd, 2> ready{{{fd.get(), POLLOUT, 0}, {stop_, POLLIN, 0}}};
    int error = 0;
    socklen_t size = sizeof(error);
    const bool came = ::poll(ready.data(), ready.size(), kPatience) > 0 && ready[1].revents == 0;
    if (!came || ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
      return {};
    }
    return fd;
  }

  /// Bytes both ways until both sides have ended. A side that does not take what it asked for
  /// holds up this thread alone.
  void pass(int there) const {
    std::array<int, 2> from = {box_.get(), there};
    while (from[0] >= 0 || from[1] >= 0) {
      std::array<pollfd, 2> readable{{{from[0], POLLIN, 0}, {from[1], POLLIN, 0}}};
      if (!wait_to_read(readable, kIdlePatience, stop_)) return;
      for (std::size_t i = 0; i < 2; ++i) {
        if (readable[i].revents == 0) continue;
        const int to = i == 0 ? there : box_.get();
        char buffer[65536];
        const ssize_t bytes = ::recv(from[i], buffer, sizeof(buffer), MSG_DONTWAIT);
        if (bytes > 0 && !write_all(to, {buffer, static_cast<std::size_t>(bytes)}, stop_)) return;
        if (bytes > 0 || (bytes < 0 && errno == EAGAIN)) continue;
        if (bytes < 0) return;
        ::shutdown(to, SHUT_WR);
        from[i] = -1;
      }
    }
  }

  Descriptor box_;
  const EgressRules& rules_;
  int stop_;
  std::string rest_;
};

}  // namespace

std::optional<EgressTarget> read_proxy_head(std::string_view head) {
  const auto line_end = head.find("\r\n");
  if (line_end == std::string_view::npos) return {};
  const std::string_view line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return {};
  const std::string_view method = line.substr(0, first);
  std::string_view url = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  EgressTarget target;
  if (method == "CONNECT") {
    target.tunnel = true;
    return split_authority(url, "443", target) ? std::optional(target) : std::nullopt;
  }
  constexpr std::string_view kScheme = "http://";
  if (lowered_host(url.substr(0, kScheme.size())) != kScheme) return {};
  url.remove_prefix(kScheme.size());
  const auto slash = std::min(url.find_first_of("/?#"), url.size());
  const std::string_view authority = url.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) return {};
  std::string path(url.substr(slash));
  if (path.empty() || path.front() != '/') path = "/" + path;
  if (!split_authority(authority, "80", target)) return {};
  target.head = head_for_target(method, path, version, head.substr(line_end + 2));
  return target;
}

bool permits_name(const EgressRules& rules, std::string_view host) {
  const std::string name = lowered_host(host);
  return rules.all ||
         std::any_of(rules.allowed.begin(), rules.allowed.end(), [&](const auto& each) {
           const std::string entry = lowered_host(each);
           if (!entry.starts_with("*.")) return entry == name;
           const std::string_view suffix = std::string_view(entry).substr(1);
           return name.size() > suffix.size() && name.ends_with(suffix);
         });
}

bool permits_address(const EgressRules& rules, const std::string& address, bool by_name) {
  const bool listed =
      std::any_of(rules.allowed.begin(), rules.allowed.end(), [&](const std::string& each) {
        const auto range = AddressRange::parse(each);
        return range && range->holds(address);
      });
  if (!is_public(address)) return listed && rules.private_too;
  return rules.all || by_name || listed;
}

std::map<std::string, std::string> proxy_environment(const PhaseNetwork& network) {
  if (network.network != Network::proxy) return {};
  const std::string url = fmt::format("http://127.0.0.1:{}", network.egress.port);
  const std::string none = "localhost,127.0.0.1,::1";
  return {{"http_proxy", url},  {"https_proxy", url}, {"HTTP_PROXY", url},
          {"HTTPS_PROXY", url}, {"no_proxy", none},   {"NO_PROXY", none}};
}

EgressRelay::EgressRelay(Descriptor listener, EgressRules rules)
    : listener_(std::move(listener)),
      rules_(std::move(rules)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this](const std::stop_token& stop) { accept_all(stop); }) {}

EgressRelay::~EgressRelay() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto wrote = ::write(stop_.get(), &one, sizeof(one));
}

void EgressRelay::accept_all(const std::stop_token& stop) {
  struct Served {
    std::atomic<bool> over{false};
    std::jthread thread;
  };
  std::list<Served> served;  // ends, and waits for all, with this
  while (!stop.stop_requested()) {
    served.remove_if([](const Served& each) { return each.over.load(); });
    const bool full = served.size() >= kMostConnections;
    pollfd ready[2] = {{stop_.get(), POLLIN, 0}, {full ? -1 : listener_.get(), POLLIN, 0}};
    if (::poll(ready, 2, full ? 50 : 1000) < 0 || ready[1].revents == 0) continue;
    Descriptor box(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!box) continue;
    Served& next = served.emplace_back();
    next.thread = std::jthread([this, &next, box = std::move(box)]() mutable {
      Exchange(std::move(box), rules_, stop_.get()).serve();
      next.over = true;
    });
  }
}

}  // namespace weir
