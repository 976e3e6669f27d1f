#include "tasks/env_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace weir {
namespace {

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(), fits);
}

/// The value with its templates replaced; nullopt if one cannot be.
std::optional<std::string> resolve(const std::string& name, std::string_view text,
                                   const HostLookup& host, ResolvedEnv& out) {
  std::string value;
  while (!text.empty()) {
    const auto start = text.find("${");
    const auto end = start == std::string_view::npos ? start : text.find('}', start);
    if (end == std::string_view::npos) break;
    const std::string_view inside = text.substr(start + 2, end - start - 2);
    const auto cut = inside.find(":-");
    const std::string variable(inside.substr(0, cut));
    value += text.substr(0, start);
    if (!is_name(variable)) {
      value += text.substr(start, end + 1 - start);
    } else if (const auto known = host(variable)) {
      value += *known;
    } else if (cut != std::string_view::npos) {
      value += inside.substr(cut + 2);
      out.defaulted.push_back(fmt::format("{} takes the default of {}", name, variable));
    } else {
      out.missing.push_back(fmt::format("{} needs the host's {}", name, variable));
      return {};
    }
    text.remove_prefix(end + 1);
  }
  return value + std::string(text);
}

}  // namespace

ResolvedEnv resolve_env(const std::map<std::string, std::string>& templates,
                        const HostLookup& host) {
  ResolvedEnv out;
  for (const auto& [name, text] : templates) {
    if (auto value = resolve(name, text, host, out)) out.values[name] = std::move(*value);
  }
  return out;
}

}  // namespace weir
