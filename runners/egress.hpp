#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "runners/descriptor.hpp"
#include "runners/sandbox.hpp"

namespace weir {

// A way out of a box for HTTP and HTTPS: a proxy on a listening socket of the box, served from
// the host. The box has no other network: what the proxy does not let through is out of reach,
// whatever runs in the box. Names are looked up on the host, and what they mean is held
// against the rules again.

/// Where a request to a proxy wants to go.
struct EgressTarget {
  std::string host;
  std::string port;
  bool tunnel = false;  ///< CONNECT: bytes go through as they are
  std::string head;     ///< else the request's head as the target is to see it
};

/// Reads the head of a request to a proxy, up to and with its empty line: `CONNECT host:port`,
/// or a method and a URL "http://host[:port]/path". nullopt if it is neither.
[[nodiscard]] std::optional<EgressTarget> read_proxy_head(std::string_view head);

/// Whether the rules let a box connect to `host` by that name: everything is, else an entry
/// names it. A host that is an address is judged by permits_address alone.
[[nodiscard]] bool permits_name(const EgressRules& rules, std::string_view host);

/// Whether they let it connect to `address`, numeric, `by_name` if a permitted name led there.
/// Addresses that are not public ones never, unless listed and rules.private_too.
[[nodiscard]] bool permits_address(const EgressRules& rules, const std::string& address,
                                   bool by_name);

/// Variables by which programs of a box find the proxy; none for other networks.
[[nodiscard]] std::map<std::string, std::string> proxy_environment(const PhaseNetwork& network);

/// Serves a box's proxy, a thread for itself and one for each of a bounded number of
/// connections. All end with the object.
class EgressRelay {
 public:
  EgressRelay(Descriptor listener, EgressRules rules);
  ~EgressRelay();
  EgressRelay(const EgressRelay&) = delete;
  EgressRelay& operator=(const EgressRelay&) = delete;

 private:
  void accept_all(const std::stop_token& stop);

  Descriptor listener_;
  EgressRules rules_;
  Descriptor stop_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace weir
