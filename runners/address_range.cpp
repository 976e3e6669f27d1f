#include "runners/address_range.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <vector>

namespace weir {
namespace {

constexpr int kMapped = 96;  // bits before an IPv4 address in IPv6

std::optional<in6_addr> number_of(const std::string& text, bool& four) {
  in6_addr out{};
  in_addr v4{};
  four = ::inet_pton(AF_INET, text.c_str(), &v4) == 1;
  if (four) {
    out.s6_addr[10] = out.s6_addr[11] = 0xFF;
    std::memcpy(out.s6_addr + 12, &v4, sizeof(v4));
    return out;
  }
  const std::string bare = text.substr(0, text.find('%'));  // fe80::1%eth0
  if (::inet_pton(AF_INET6, bare.c_str(), &out) == 1) return out;
  return {};
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  bool four = false;
  const auto base = number_of(std::string(text.substr(0, slash)), four);
  if (!base) return {};
  AddressRange range;
  range.base_ = *base;
  if (slash == std::string_view::npos) return range;
  const std::string_view width = text.substr(slash + 1);
  int bits = -1;
  const auto [end, error] = std::from_chars(width.data(), width.data() + width.size(), bits);
  const int most = four ? 32 : 128;
  if (error != std::errc() || end != width.data() + width.size() || bits < 0 || bits > most) {
    return {};
  }
  range.bits_ = four ? kMapped + bits : bits;
  return range;
}

bool AddressRange::holds(const std::string& address) const {
  bool four = false;
  const auto number = number_of(address, four);
  if (!number) return false;
  const int whole = bits_ / 8;
  if (!std::equal(base_.s6_addr, base_.s6_addr + whole, number->s6_addr)) return false;
  const int rest = bits_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xFFU << (8 - rest));
  return (base_.s6_addr[whole] & mask) == (number->s6_addr[whole] & mask);
}

bool is_address(const std::string& text) {
  bool four = false;
  return number_of(text, four).has_value();
}

bool is_own(const std::string& address) {
  const auto wanted = AddressRange::parse(address);
  ifaddrs* all = nullptr;
  if (!wanted || ::getifaddrs(&all) != 0) return true;  // unknown is not reached
  bool own = false;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    const int family = each->ifa_addr == nullptr ? AF_UNSPEC : each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    char text[INET6_ADDRSTRLEN + IFNAMSIZ] = {};
    const bool named =
        ::getnameinfo(each->ifa_addr, size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) == 0;
    own = own || (named && wanted->holds(text));
  }
  ::freeifaddrs(all);
  return own;
}

bool is_public(const std::string& address) {
  static const std::vector<AddressRange> kOthers = [] {
    std::vector<AddressRange> all;
    for (const char* range :
         {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
          "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
          "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
          // IPv6: what is not 2000::/3, and of that documentation, 6to4 and Teredo.
          "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/10",
          "fec0::/10", "ff00::/8", "2001::/23", "2001:db8::/32", "2002::/16"}) {
      all.push_back(*AddressRange::parse(range));
    }
    return all;
  }();
  if (!is_address(address)) return false;
  return std::none_of(kOthers.begin(), kOthers.end(),
                      [&](const AddressRange& range) { return range.holds(address); });
}

}  // namespace weir
