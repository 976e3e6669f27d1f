// Parsers that see failures only: eslint and marked.

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// From `from` on, where the first white space begins behind which, in one line, there
/// is an "Error"; and where the last "Error" of that line ends.
struct NamedError {
  std::size_t name_end;
  std::size_t end;
};
std::optional<NamedError> named_error(std::string_view log, std::size_t from, Next& error,
                                      Next& newline) {
  constexpr std::string_view kError = "Error";
  std::size_t at = from;
  while (at < log.size()) {
    std::string_view rest = log.substr(at);
    if (!take_spaces(rest)) {
      at += first_character(rest).length;
      continue;
    }
    const std::size_t word = log.size() - rest.size();
    const std::size_t found = error.from(word);
    if (found == kNone) return {};
    const std::size_t line = newline.from(word);
    if (found < line) {
      const auto last = log.substr(0, line).rfind(kError);
      return NamedError{at, last + kError.size()};
    }
    at = word;
  }
  return {};
}

}  // namespace

/// "  1) NAME", over any number of lines, up to the line of its Error.
TestStatuses parse_eslint(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Next error(log, "Error");
  Next newline(log, "\n");
  std::size_t free = 0;  // where the last match ended
  for (auto at = log.find(')'); at != kNone; at = log.find(')', at + 1)) {
    if (at < free) continue;
    std::string_view head = log.substr(free, at - free);
    if (!drop_digits(head) || !drop_space(head) || !drop_space(head)) continue;
    const auto found = named_error(log, at + 1, error, newline);
    if (!found) break;
    statuses[collapsed(log.substr(at + 1, found->name_end - at - 1))] = "FAILED";
    free = found->end;
  }
  return statuses;
}

/// "1) NAME" at the beginning of a line, of jasmine.
TestStatuses parse_marked(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    if (take_digits(line) && take(line, ")") && take_space(line))
      statuses[stripped(line)] = "FAILED";
  }
  return statuses;
}

}  // namespace weir::logs
