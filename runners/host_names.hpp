#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace weir {

inline constexpr const char* kHostsFile = "/etc/hosts";
inline constexpr std::size_t kLargestHosts = 1 << 20;

/// A hosts(5) file with `names` (name, address) in it; unchanged if it has all of them already,
/// and with the host's own name for itself if it was empty.
[[nodiscard]] std::string with_hosts(const std::string& file,
                                     const std::map<std::string, std::string>& names);

}  // namespace weir
