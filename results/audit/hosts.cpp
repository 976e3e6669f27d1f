#include "results/audit/hosts.hpp"

#include <algorithm>
#include <cctype>

namespace weir {
namespace {

constexpr std::size_t kLongestUrl = 2048;

bool ends_url(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0 || c == '"' || c == '\'' || c == '`' ||
         c == '<' || c == '>' || c == ')' || c == ']' || c == ',' || c == ';' || c == '|' ||
         c == '\\';
}

/// What stands at `from` up to the end of the URL.
NamedHost read_host(std::string_view text, std::size_t from) {
  const std::size_t last = std::min(text.size(), from + kLongestUrl);
  std::size_t end = from;
  while (end < last && !ends_url(text[end])) ++end;
  std::string_view place = text.substr(from, end - from);
  place = place.substr(0, place.find_first_of("?#"));
  const auto slash = place.find('/');
  if (const auto user = place.substr(0, slash).rfind('@'); user != std::string_view::npos) {
    place.remove_prefix(user + 1);
  }
  if (place.ends_with('/')) place.remove_suffix(1);
  if (place.ends_with(".git")) place.remove_suffix(4);
  return {place.substr(0, place.find_first_of("/:")), place};
}

bool is_private(std::string_view host) {
  if (host.starts_with("10.") || host.starts_with("192.168.") || host.starts_with("127.")) {
    return true;
  }
  if (!host.starts_with("172.")) return false;
  const std::string_view second = host.substr(4, host.substr(4).find('.'));
  return second.size() == 2 && second >= "16" && second <= "31";
}

}  // namespace

std::vector<NamedHost> named_hosts(std::string_view text) {
  std::vector<NamedHost> found;
  for (std::size_t at = text.find("://"); at != std::string_view::npos;
       at = text.find("://", at + 3)) {
    const std::string_view before = text.substr(0, at);
    const bool known = before.ends_with("http") || before.ends_with("https") ||
                       before.ends_with("ftp") || before.ends_with("ssh") ||
                       before.ends_with("git");
    if (known) found.push_back(read_host(text, at + 3));
  }
  for (std::size_t at = text.find("git@"); at != std::string_view::npos;
       at = text.find("git@", at + 4)) {
    if (at >= 2 && text.substr(at - 2, 2) == "//") continue;  // found already
    found.push_back(read_host(text, at + 4));
  }
  return found;
}

bool is_outside(std::string_view host) {
  if (host.find('.') == std::string_view::npos || host == "0.0.0.0" || is_private(host)) {
    return false;
  }
  const bool name = std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c >= 0x80;
  });
  if (!name) return false;
  for (const char* end : {".local", ".localhost", ".internal", ".test", ".example", ".invalid",
                          "example.com", "example.org", "example.net", "httpbin.org"}) {
    if (host.ends_with(end)) return false;
  }
  return true;
}

}  // namespace weir
