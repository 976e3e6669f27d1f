#include "harness/calibration/settled_policy.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string_view>

#include "harness/router/policy.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// "[score]" and the like: the table's name; nullopt for other lines.
std::optional<std::string> table_name(std::string_view line) {
  line = trimmed(line.substr(0, line.find('#')));
  if (line.size() < 3 || line.front() != '[' || line.back() != ']') return {};
  return std::string(trimmed(line.substr(1, line.size() - 2)));
}

bool is_left_out(const std::string& table) {
  return table == "explore" || table == "certificate" || table.rfind("certificate.", 0) == 0;
}

bool sets(std::string_view line, std::string_view key) {
  line = trimmed(line);
  if (line.rfind(key, 0) != 0) return false;
  line = trimmed(line.substr(key.size()));
  return !line.empty() && line.front() == '=';
}

void check_settled(const std::string& settled, double threshold) {
  std::string why = "its threshold stands elsewhere";
  try {
    const Policy policy = parse_policy("the policy without [explore]", settled);
    if (std::abs(policy.threshold - threshold) < 1e-9 && policy.grid.empty() &&
        !policy.certificate) {
      return;
    }
  } catch (const UserError& error) {
    why = error.what();
  }
  throw UserError(
      fmt::format("the policy cannot be given another threshold ({}): write [score], [explore] and "
                  "[certificate] as tables of their own, a key a line",
                  why));
}

}  // namespace

std::string settled_policy(const std::string& text, double threshold) {
  std::string settled;
  std::string table;
  bool written = false;
  std::optional<std::size_t> score;  // just behind its header
  const std::string line_of = fmt::format("threshold = {}\n", threshold);
  for (auto line : split_lines(text)) {
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const auto name = table_name(line);
    if (name) table = *name;
    if (is_left_out(table)) continue;
    if (!name && table == "score" && sets(line, "threshold")) {
      settled += line_of;
      written = true;
      continue;
    }
    settled += std::string(line) + "\n";
    if (name && table == "score") score = settled.size();
  }
  if (!written) {
    settled.insert(score.value_or(settled.size()), (score ? "" : "[score]\n") + line_of);
  }
  while (settled.size() > 1 && settled.substr(settled.size() - 2) == "\n\n") settled.pop_back();
  check_settled(settled, threshold);
  return settled;
}

}  // namespace weir
