// minitest, test-unit, cucumber and rspec.

#include <algorithm>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

struct Ruling {
  std::string_view name;
  char outcome;
};

/// "NAME: .": the last colon before an outcome that ends a word.
std::optional<Ruling> unit_ruling(std::string_view line) {
  for (auto at = line.rfind(':'); at != kNone && at > 0; at = line.rfind(':', at - 1)) {
    std::string_view rest = line.substr(at + 1);
    if (!take_spaces(rest) || rest.empty()) continue;
    const char outcome = rest.front();
    const bool letter = outcome == 'E' || outcome == 'F' || outcome == 'O';
    const bool ends_word = letter && !is_word(first_character(rest.substr(1)).point);
    if (outcome == '.' || ends_word) return Ruling{line.substr(0, at), outcome};
  }
  return {};
}

/// "NAME ....F": the last space before dots that lead to an outcome.
std::optional<Ruling> cucumber_ruling(std::string_view line) {
  for (auto at = line.rfind(' '); at != kNone; at = at == 0 ? kNone : line.rfind(' ', at - 1)) {
    const auto dots_end = line.find_first_not_of('.', at + 1);
    const std::size_t dots = std::min(dots_end, line.size()) - at - 1;
    if (dots == 0) continue;
    if (dots_end != kNone && line[dots_end] == 'F') return Ruling{line.substr(0, at), 'F'};
    if (dots > 1) return Ruling{line.substr(0, at), '.'};
  }
  return {};
}

}  // namespace

/// "NAME. = 0.01 s = .": the outcome is the last of . F E after the last "=" before one.
TestStatuses parse_minitest(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    const auto outcome = line.find_last_of(".FE");
    if (outcome == kNone || outcome == 0) continue;
    const auto equals = line.rfind('=', outcome - 1);
    if (equals == kNone || equals < 2) continue;
    const auto name_end = line.rfind(". ", equals - 2);
    if (name_end == kNone || name_end == 0) continue;
    statuses[line.substr(0, name_end)] = line[outcome] == '.' ? "PASSED" : "FAILED";
  }
  return statuses;
}

TestStatuses parse_cucumber(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    if (!contains(line, " .")) continue;
    if (const auto ruling = cucumber_ruling(stripped(line))) {
      statuses[ruling->name] = ruling->outcome == '.' ? "PASSED" : "FAILED";
    }
  }
  return statuses;
}

/// "test: NAME: ." of test-unit; E and F failed, O was omitted.
TestStatuses parse_ruby_unit(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    std::optional<Ruling> ruling;
    if (starts(line, "test: ")) ruling = unit_ruling(line.substr(6));
    if (!ruling) ruling = unit_ruling(line);
    if (!ruling) continue;
    statuses[ruling->name] = ruling->outcome == '.'   ? "PASSED"
                             : ruling->outcome == 'O' ? "SKIPPED"
                                                      : "FAILED";
  }
  return statuses;
}

/// "NAME - passed", as instances print rspec's JSON.
TestStatuses parse_rspec(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    const auto passed = line.rfind(" - passed");
    const auto failed = line.rfind(" - failed");
    const bool ok = passed != kNone && (failed == kNone || passed > failed);
    const auto end = ok ? passed : failed;
    if (end != kNone && end > 0) statuses[line.substr(0, end)] = ok ? "PASSED" : "FAILED";
  }
  return statuses;
}

/// Its instances use two runners, by the number in their ids.
TestStatuses parse_jekyll(std::string_view log, const LogSource& source) {
  if (source.instance_id.empty()) {
    TestStatuses statuses = parse_minitest(log, source);
    return statuses.empty() ? parse_cucumber(log, source) : statuses;
  }
  const auto parts = split(source.instance_id, "-");
  const auto number = parts.size() > 1 ? parts[1] : std::string_view();
  if (number == "9141" || number == "8047" || number == "8167") return parse_minitest(log, source);
  if (number == "8761" || number == "8771") return parse_cucumber(log, source);
  throw ParserFailed("no format is known of instance " + std::string(source.instance_id));
}

}  // namespace weir::logs
