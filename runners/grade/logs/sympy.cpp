// sympy's own runner: "test_x ok" lines, failures under "____ a.py:test_x ____".

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

/// Anywhere in a line, " FILE.py:TEST ": from the first space to the last, cut
/// at the last ".py:" between them.
void read_heading(std::string_view line, TestStatuses& statuses) {
  const auto begin = line.find(' ');
  const auto end = line.rfind(' ');
  if (begin == std::string_view::npos || begin == end) return;
  const auto text = line.substr(begin + 1, end - begin - 1);
  if (contains(text, ".py:")) statuses[text] = "FAILED";
}

}  // namespace

TestStatuses parse_sympy(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  for (auto at = log.find(".py:"); at != std::string_view::npos;) {
    const std::size_t begin = line_begin(log, at);
    const std::size_t end = line_end(log, at);
    read_heading(log.substr(begin, end - begin), statuses);
    at = log.find(".py:", end);
  }
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    if (!starts(line, "test_")) continue;
    if (ends(line, " E")) statuses[Fields(line).next()] = "ERROR";
    if (ends(line, " F")) statuses[Fields(line).next()] = "FAILED";
    if (ends(line, " ok")) statuses[Fields(line).next()] = "PASSED";
  }
  return statuses;
}

}  // namespace weir::logs
