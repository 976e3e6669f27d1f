#pragma once

#include <netinet/in.h>

#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// An IP address, or a range of them in CIDR form ("10.0.0.0/8", "fd00::/8").
class AddressRange {
 public:
  /// nullopt for what is neither: a name.
  [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text);
  /// Whether `address` (numeric) is in it; an IPv4 address written as IPv6 is the IPv4 one.
  [[nodiscard]] bool holds(const std::string& address) const;

 private:
  in6_addr base_{};  ///< IPv4 mapped into IPv6
  int bits_ = 128;
};

[[nodiscard]] bool is_address(const std::string& text);

/// Whether an address is one of the open internet: not the host itself, a private or link-local
/// network, a shared, reserved or multicast one, nor one of IPv6 that stands for such an IPv4
/// address.
[[nodiscard]] bool is_public(const std::string& address);

/// Whether one of this machine's interfaces has the address: behind a public one may be services
/// of its own.
[[nodiscard]] bool is_own(const std::string& address);

}  // namespace weir
