// unittest's verbose output as Django's runner prints it: "test_x (tests.T) ... ok".

#include <algorithm>
#include <array>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::array<std::string_view, 3> kPassed = {" ... ok", " ... OK", " ...  OK"};

/// "NAME ... ok". Returns the line as later rules are to see it: one migration of
/// Django's prints without a newline before the first test's name.
std::string_view read_passed(std::string_view line, TestStatuses& statuses) {
  constexpr std::string_view kGlued =
      "Applying sites.0002_alter_domain_unique...test_no_migrations";
  for (const auto ok : kPassed) {
    if (!ends(line, ok)) continue;
    if (starts(line, kGlued)) line = stripped(after(line, "..."));
    statuses[line.substr(0, line.size() - ok.size())] = "PASSED";
    return line;
  }
  return line;
}

/// "FAIL: test_x (tests.T)": the bare name of the method.
void read_heading(std::string_view line, std::string_view heading, const char* status,
                  TestStatuses& statuses) {
  if (!starts(line, heading)) return;
  Fields fields(line);
  fields.next();
  const auto name = fields.next();
  if (name.empty()) throw ParserFailed("a line \"" + std::string(heading) + "\" names no test");
  statuses[name] = status;
}

void read_line(std::string_view line, std::optional<std::string_view>& open,
               TestStatuses& statuses) {
  constexpr std::string_view kVersion = "--version is equivalent to version";
  if (contains(line, kVersion)) statuses[kVersion] = "PASSED";
  if (const auto dots = line.find(" ... "); dots != kNone) open = line.substr(0, dots);
  line = read_passed(line, statuses);
  if (const auto at = line.find(" ... skipped"); at != kNone) {
    statuses[line.substr(0, at)] = "SKIPPED";
  }
  if (ends(line, " ... FAIL")) statuses[before(line, " ... FAIL")] = "FAILED";
  read_heading(line, "FAIL:", "FAILED", statuses);
  if (ends(line, " ... ERROR")) statuses[before(line, " ... ERROR")] = "ERROR";
  read_heading(line, "ERROR:", "ERROR", statuses);
  // Passed, with the test's own output before the verdict.
  if (starts(line, "ok") && open) statuses[*open] = "PASSED";
}

bool ends_line(std::string_view log, std::size_t at) {
  return at == log.size() || log[at] == '\n';
}

/// A test whose verdict comes after a noise of several lines, right behind its " ... ".
/// `close` says where the "ok" after it ends, given where the noise's opening words end;
/// npos if nowhere.
template <class Close>
void read_interrupted(std::string_view log, std::string_view noise, TestStatuses& statuses,
                      Close&& close) {
  LineBegin lines(log);
  std::size_t free = 0;  // where the last match ended: matches do not overlap
  for (auto at = log.find(noise); at != kNone; at = log.find(noise, at + 1)) {
    std::string_view name = log.substr(0, at);
    if (!drop_space(name) || !drop(name, "...") || !drop_space(name)) continue;
    const std::size_t begin = lines.of(name.size());
    if (begin < free) continue;
    const std::size_t end = close(at + noise.size());
    if (end == kNone) continue;
    statuses[name.substr(begin)] = "PASSED";
    free = end;
  }
}

}  // namespace

TestStatuses parse_django(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  std::optional<std::string_view> open;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) read_line(stripped(line), open, statuses);

  Next silenced(log, " silenced).\nok");
  read_interrupted(log, "Testing against Django installed in ", statuses, [&](std::size_t from) {
    auto at = silenced.from(from);
    while (at != kNone && !ends_line(log, at + 14)) at = silenced.from(at + 1);
    return at == kNone ? kNone : at + 14;
  });
  Next newline(log, "\n");
  read_interrupted(log, "Internal Server Error: /", statuses, [&](std::size_t from) {
    const std::size_t end = std::min(log.size(), newline.from(from));
    const bool closed = end > from && log[end - 1] == '/' && starts(log.substr(end), "\nok");
    return closed && ends_line(log, end + 3) ? end + 3 : kNone;
  });
  read_interrupted(log, "System check identified no issues (0 silenced)", statuses,
                   [&](std::size_t from) {
                     const bool closed = starts(log.substr(from), "\nok");
                     return closed && ends_line(log, from + 3) ? from + 3 : kNone;
                   });
  return statuses;
}

}  // namespace weir::logs
