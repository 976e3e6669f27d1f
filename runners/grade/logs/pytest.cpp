// pytest's short summary ("PASSED tests/a.py::test_x") and what projects made of it.

#include <algorithm>
#include <array>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr std::array<std::string_view, 5> kStatuses = {"FAILED", "PASSED", "SKIPPED", "ERROR",
                                                       "XFAIL"};

bool starts_with_status(std::string_view line) {
  if (line.empty()) return false;
  switch (line.front()) {
    case 'F':
      return starts(line, "FAILED");
    case 'P':
      return starts(line, "PASSED");
    case 'S':
      return starts(line, "SKIPPED");
    case 'E':
      return starts(line, "ERROR");
    case 'X':
      return starts(line, "XFAIL");
    default:
      return false;
  }
}

bool ends_with_status(std::string_view line) {
  return std::any_of(kStatuses.begin(), kStatuses.end(),
                     [&](std::string_view status) { return ends(line, status); });
}

/// "SKIPPED [2] a.py:3: why" counts places, it names no test.
bool counts_skips(std::string_view status, std::string_view id) {
  return status == "SKIPPED" && take(id, "[") && take_digits(id) && id == "]";
}

struct Row {
  std::string_view status;
  std::string_view id;
};

/// The first two fields; in a failure's line " - " counts as a space.
Row first_fields(std::string_view line) {
  Fields fields(line);
  const auto status = fields.next();
  return {status, fields.next()};
}

/// Calls `keep(status, id)` for each line of a short summary.
template <class Keep>
void read_summary_line(std::string_view line, const Keep& keep) {
  Row row = first_fields(line);
  std::string plain;
  if (line.front() == 'F' && !row.id.empty()) {
    const auto dash = line.find(" - ");
    if (dash < static_cast<std::size_t>(row.id.data() + row.id.size() - line.data())) {
      plain = replaced(line, " - ", " ");
      row = first_fields(plain);
    }
  }
  if (!row.id.empty() && !counts_skips(row.status, row.id)) keep(row.status, row.id);
}

template <class Keep>
void read_summary(std::string_view log, const Keep& keep) {
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    if (starts_with_status(line)) read_summary_line(line, keep);
  }
}

/// Shortens the path in "main[/long/path/option]" to "main[/option]".
std::string shortened_option(std::string_view id) {
  const auto open = id.find('[');
  const auto close = id.rfind(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::string(id);
  }
  const auto option = id.substr(open + 1, close - open - 1);
  std::string out(id.substr(0, open + 1));
  if (starts(option, "/") && !starts(option, "//") && !contains(option, "*")) {
    out += '/';
    out += after_last(option, "/");
  } else {
    out += option;
  }
  return out += ']';
}

/// Without "[31m" (its escape character falls with the others) and without the
/// control characters 1 to 31.
std::string without_controls(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    std::string_view code = line;
    if (take(code, "[") && take_digits(code) && take(code, "m")) {
      line = code;
      continue;
    }
    const auto byte = static_cast<unsigned char>(line.front());
    if (byte == 0 || byte > 31) out += line.front();
    line.remove_prefix(1);
  }
  return out;
}

bool has_controls(std::string_view line) {
  unsigned found = 0;
  for (const char c : line) found |= static_cast<unsigned>(c == '[' || (c > 0 && c < 32));
  return found != 0;
}

/// All fields but the first, or but the last, with one space between.
void keep_by_first_field(std::string_view line, TestStatuses& statuses) {
  Fields fields(line);
  const auto status = fields.next();
  std::string id(fields.next());
  if (id.empty() || counts_skips(status, id)) return;
  for (auto field = fields.next(); !field.empty(); field = fields.next()) (id += ' ') += field;
  statuses[id] = status;
}

void keep_by_last_field(std::string_view line, TestStatuses& statuses) {
  Fields fields(line);
  std::string_view last = fields.next();
  std::string id;
  for (auto field = fields.next(); !field.empty(); field = fields.next()) {
    if (!id.empty()) id += ' ';
    id += last;
    last = field;
  }
  if (!id.empty()) statuses[id] = last;
}

}  // namespace

TestStatuses parse_pytest(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  read_summary(log, [&](auto status, auto id) { statuses[id] = status; });
  return statuses;
}

TestStatuses parse_pytest_options(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  read_summary(log, [&](auto status, auto id) { statuses[shortened_option(id)] = status; });
  return statuses;
}

/// Mouse buttons have had two names; the lists of tests know the older.
TestStatuses parse_matplotlib(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  const auto keep = [&](auto status, auto id) { statuses[id] = status; };
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    if (!starts_with_status(line)) continue;
    if (contains(line, "MouseButton.")) {
      read_summary_line(replaced(replaced(line, "MouseButton.LEFT", "1"), "MouseButton.RIGHT", "3"),
                        keep);
    } else {
      read_summary_line(line, keep);
    }
  }
  return statuses;
}

/// Colours, whole ids, and the older "tests/a.py::test_x PASSED".
TestStatuses parse_pytest_v2(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  std::string cleaned;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    if (has_controls(line)) line = cleaned = without_controls(line);
    if (starts_with_status(line)) {
      keep_by_first_field(line.front() == 'F' ? before(line, " - ") : line, statuses);
    } else if (ends_with_status(line)) {
      keep_by_last_field(line, statuses);
    }
  }
  return statuses;
}

TestStatuses parse_seaborn(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    const bool failed = starts(line, "FAILED");
    if (!failed && !contains(line, "PASSED")) continue;
    const auto [first, second] = first_fields(line);
    if (second.empty()) continue;
    if (failed) {
      statuses[second] = "FAILED";
    } else if (contains(line, " PASSED ")) {
      if (second == "PASSED") statuses[first] = "PASSED";
    } else if (starts(line, "PASSED")) {
      statuses[second] = "PASSED";
    }
  }
  return statuses;
}

}  // namespace weir::logs
