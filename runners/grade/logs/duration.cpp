#include "runners/grade/logs/duration.hpp"

#include "runners/grade/logs/text.hpp"

namespace weir::logs {

std::string_view without_bracketed_duration(std::string_view name) {
  std::string_view rest = name;
  if (!drop(rest, ")") || !drop(rest, "s")) return name;
  drop(rest, "m");
  drop_spaces(rest);
  const bool found = drop_digits(rest) && drop(rest, "(") && drop_space(rest);
  return found && !rest.empty() ? rest : name;
}

std::string_view without_bare_duration(std::string_view name) {
  std::string_view rest = name;
  if (!drop(rest, "[skipped]")) {
    drop(rest, "s");
    drop(rest, "m");
    drop_spaces(rest);
    if (!drop_digits(rest)) return name;
  }
  return drop_space(rest) && !rest.empty() ? rest : name;
}

std::string without_durations(std::string_view name) {
  std::string out;
  for (auto open = name.find('('); open != std::string_view::npos; open = name.find('(')) {
    out += name.substr(0, open);
    name.remove_prefix(open);
    std::string_view rest = name.substr(1);
    if (take_digits(rest) && take(rest, "ms)")) {
      name = rest;
    } else {
      out += '(';
      name.remove_prefix(1);
    }
  }
  out += name;
  return std::string(stripped(out));
}

}  // namespace weir::logs
