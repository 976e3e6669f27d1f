// Runners of C and C++ projects.

#include "runners/grade/logs/duration.hpp"
#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// A failed test's name without " in FILE" at its end.
std::string_view without_file(std::string_view name) {
  std::string_view rest = name;
  while (!rest.empty() && !is_space(last_character(rest).point)) {
    rest.remove_suffix(last_character(rest).length);
  }
  const bool file =
      rest.size() < name.size() && drop_spaces(rest) && drop(rest, "in") && drop_spaces(rest);
  return file ? rest : name;
}

/// The length of "[ OK ]" or "[ FAILED ]" at the end of `text`, and which.
struct Tag {
  bool passed;
  std::size_t length;
};
std::optional<Tag> tag_at_end(std::string_view text) {
  const std::size_t size = text.size();
  if (!drop(text, "]")) return {};
  drop_spaces(text);
  const bool passed = drop(text, "OK");
  if (!passed && !drop(text, "FAILED")) return {};
  drop_spaces(text);
  if (!drop(text, "[")) return {};
  return Tag{passed, size - text.size()};
}

/// Where the last " (" of a text begins, with any white space before it.
std::size_t last_opening(std::string_view text) {
  for (auto at = text.rfind('('); at != kNone && at > 0; at = text.rfind('(', at - 1)) {
    const Character previous = last_character(text.substr(0, at));
    if (is_space(previous.point)) return at - previous.length;
  }
  return kNone;
}

}  // namespace

/// "[ok]: NAME (3 ms)".
TestStatuses parse_redis(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    const bool passed = take(line, "[ok]:");
    const bool failed = !passed && take(line, "[err]:");
    if (!passed && !failed && !take(line, "[skip]:") && !take(line, "[ignore]:")) continue;
    if (!take_space(line)) continue;
    const auto name = without_bracketed_duration(line);
    statuses[failed ? without_file(name) : name] = passed   ? "PASSED"
                                                   : failed ? "FAILED"
                                                            : "SKIPPED";
  }
  return statuses;
}

/// "PASS: NAME", as automake prints it.
TestStatuses parse_jq(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    const bool passed = take(line, "PASS:");
    if (!passed && !take(line, "FAIL:")) continue;
    if (take_space(line)) statuses[line] = passed ? "PASSED" : "FAILED";
  }
  return statuses;
}

/// "pass NAME", "FAIL NAME", "skip NAME".
TestStatuses parse_micropython(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    const bool passed = take(line, "pass");
    const bool failed = !passed && take(line, "FAIL");
    if (!passed && !failed && !take(line, "skip")) continue;
    if (take_spaces(line)) statuses[line] = passed ? "PASSED" : failed ? "FAILED" : "SKIPPED";
  }
  return statuses;
}

/// "[       OK ] NAME (3 ms)", also behind ctest's "1: ".
TestStatuses parse_googletest(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    if (!ends(line, ")")) continue;
    const std::size_t name_end = last_opening(line);
    if (name_end == kNone) continue;
    for (auto at = line.rfind(']'); at != kNone; at = at == 0 ? kNone : line.rfind(']', at - 1)) {
      std::string_view name = line.substr(at + 1);
      if (!take_space(name)) continue;
      const auto begin = static_cast<std::size_t>(name.data() - line.data());
      if (begin > name_end) continue;
      const auto tag = tag_at_end(line.substr(0, at + 1));
      if (!tag) continue;
      statuses[line.substr(begin, name_end - begin)] = tag->passed ? "PASSED" : "FAILED";
      break;
    }
  }
  return statuses;
}

}  // namespace weir::logs
