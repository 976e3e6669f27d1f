#pragma once

#include <string_view>
#include <vector>

namespace weir {

/// A place in the network as a text names it.
struct NamedHost {
  std::string_view host;   ///< without user and port
  std::string_view place;  ///< host and path, without scheme, user, query and final ".git"
};

/// The hosts of a text's URLs (http, https, ftp, ssh, git, and git@HOST:PATH).
[[nodiscard]] std::vector<NamedHost> named_hosts(std::string_view text);

/// Whether the host is outside: not this machine, a private network, a name without a dot (a
/// neighbour), one of those reserved for examples (RFC 2606), or one put in by a variable.
[[nodiscard]] bool is_outside(std::string_view host);

}  // namespace weir
