// pytest: the short summary of the outermost session against its closing line.

#include <algorithm>

#include "runners/grade/logs/text.hpp"
#include "runners/grade/strict/counts.hpp"
#include "runners/grade/strict/readers.hpp"
#include "runners/grade/strict/tally.hpp"

namespace weir::strict {
namespace {

using logs::contains;
using logs::ends;
using logs::starts;
using logs::take;

constexpr auto kNone = std::string_view::npos;

/// "12.34s" or "1.2 seconds", with a clock behind it if it took long.
bool is_duration(std::string_view text) {
  std::string_view rest = text;
  if (!take_count(rest)) return false;
  if (take(rest, ".")) (void)take_count(rest);
  return starts(rest, "s") || starts(rest, " seconds");
}

/// What stands between the rules of a title line: "=== title ===".
std::optional<std::string_view> title_of(std::string_view line) {
  const auto begin = line.find_first_not_of('=');
  const auto end = line.find_last_not_of('=');
  if (begin == kNone || begin < 2 || line.size() - end < 3) return {};
  std::string_view title = line.substr(begin, end + 1 - begin);
  return take(title, " ") && logs::drop(title, " ") ? std::optional(title) : std::nullopt;
}

/// "3 failed, 10 passed in 0.22s". What it does not name there was none of.
std::optional<RunnerSummary> closing_of(std::string_view text) {
  const auto in = text.rfind(" in ");
  if (in == kNone || !is_duration(text.substr(in + 4))) return {};
  const auto list = text.substr(0, in);
  RunnerSummary none;
  none.passed = none.failed = none.skipped = none.errors = none.xfailed = none.xpassed = 0;
  if (list == "no tests ran" || contains(list, "collected")) return none;
  using S = RunnerSummary;
  return counts_before_words(list, ", ",
                             {{"passed", &S::passed},
                              {"failed", &S::failed},
                              {"skipped", &S::skipped},
                              {"error", &S::errors},
                              {"errors", &S::errors},
                              {"xfailed", &S::xfailed},
                              {"xpassed", &S::xpassed},
                              {"warning"},
                              {"warnings"},
                              {"deselected"},
                              {"rerun"},
                              {"subtests passed"},
                              {"subtests failed"},
                              {"subtests skipped"}},
                             none);
}

/// Sessions can run inside a test, their output shown in the outer one's.
struct Sessions {
  std::size_t closing = kNone;  ///< where the last closing line begins
  std::size_t heading = kNone;  ///< behind the last "short test summary info" before it
  RunnerSummary counts;
  bool again = false;  ///< a session closed after the outermost had
};

class SessionReader {
 public:
  void take_line(std::string_view line, std::size_t at) {
    if (const auto title = title_of(line)) {
      take_title(*title, at, line.size());
    } else if (!line.empty() && line[0] >= '0' && line[0] <= '9' && !ruled_) {
      if (const auto counts = closing_of(line)) close(*counts, at);  // pytest -q
    }
  }
  [[nodiscard]] const Sessions& sessions() const { return sessions_; }

 private:
  void take_title(std::string_view title, std::size_t at, std::size_t length) {
    if (title == "test session starts") {
      ++depth_;
    } else if (title == "short test summary info") {
      heading_ = at + length;
    } else if (const auto counts = closing_of(title)) {
      ruled_ = true;
      sessions_.again = sessions_.again || ended_;
      ended_ = depth_ == 1;
      depth_ -= depth_ > 0 ? 1 : 0;
      close(*counts, at);
    }
  }
  void close(const RunnerSummary& counts, std::size_t at) {
    sessions_.closing = at;
    sessions_.heading = heading_;
    sessions_.counts = counts;
  }

  Sessions sessions_;
  std::size_t heading_ = kNone;
  int depth_ = 0;
  bool ended_ = false;
  bool ruled_ = false;
};

/// An id with what is inside its brackets, up to `end` outside of them.
std::string_view id_before(std::string_view text, std::string_view end) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '[') ++depth;
    if (text[at] == ']') --depth;
    if (depth <= 0 && starts(text.substr(at), end)) return text.substr(0, at);
  }
  return depth <= 0 ? text : logs::before(text, end);
}

/// A line of the short summary.
void read_summary_line(std::string_view line, Tally& tally) {
  for (const std::string_view status : {"PASSED", "FAILED", "ERROR", "XFAIL", "XPASS", "SKIPPED"}) {
    std::string_view rest = line;
    if (!take(rest, status) || !take(rest, " ") || rest.empty()) continue;
    std::string_view number = rest;
    if (status == "SKIPPED" && take(number, "[")) {
      const auto skips = take_count(number);
      if (skips && take(number, "] ")) tally.count(status, *skips);
      return;
    }
    std::string_view id = status == "PASSED" ? rest : id_before(rest, " - ");
    // Older versions put the reason of an expected failure right behind the id.
    if (status[0] == 'X') id = id_before(id, " ");
    tally.list(logs::right_stripped(id), status);
    return;
  }
}

/// "tests/a.py::test_x PASSED [ 50%]" of pytest -v.
void read_verbose_line(std::string_view line, Tally& tally) {
  const auto file = line.find("::");
  if (file == kNone) return;
  line = logs::right_stripped(line);
  if (ends(line, "%]")) line = logs::right_stripped(line.substr(0, line.rfind('[')));
  if (ends(line, ")")) line = logs::right_stripped(line.substr(0, line.rfind(" (")));
  for (const std::string_view status : {"PASSED", "FAILED", "ERROR", "XFAIL", "XPASS", "SKIPPED"}) {
    if (ends(line, status) && line.size() > status.size() + 1 &&
        line[line.size() - status.size() - 1] == ' ' && file + 2 < line.size() - status.size()) {
      tally.list(logs::right_stripped(line.substr(0, line.size() - status.size())), status);
      return;
    }
  }
}

bool lists_behind(std::string_view text) {
  logs::Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    const bool status =
        starts(line, "PASSED ") || starts(line, "FAILED ") || starts(line, "ERROR ");
    if (status && contains(line, "::")) return true;
  }
  return false;
}

/// pytest-pretty's closing: "Results (0.77s):" and a count a line.
void read_pretty(std::string_view text, Tally& tally) {
  const auto at = text.rfind("\nResults (");
  if (at == kNone) return;
  logs::Lines lines(text.substr(at + 1));
  std::string_view line;
  lines.next(line);
  if (!ends(line, "s):")) return;
  RunnerSummary counts;
  using S = RunnerSummary;
  while (lines.next(line)) {
    const auto more = counts_before_words(logs::stripped(line), ", ",
                                          {{"passed", &S::passed},
                                           {"failed", &S::failed},
                                           {"skipped", &S::skipped},
                                           {"error", &S::errors},
                                           {"errors", &S::errors},
                                           {"xfailed", &S::xfailed},
                                           {"xpassed", &S::xpassed}},
                                          counts);
    if (!more) break;
    counts = *more;
  }
  tally.close(counts);
}

}  // namespace

StrictLog read_pytest(const Output& output) {
  const std::string plain = logs::without_ansi(output.text);
  const std::string_view text = plain;
  SessionReader reader;
  logs::Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    reader.take_line(line, static_cast<std::size_t>(line.data() - text.data()));
  }
  const Sessions& sessions = reader.sessions();
  const auto body = text.substr(0, sessions.closing);
  Tally tally;
  const auto block =
      sessions.heading == kNone ? body : body.substr(std::min(body.size(), sessions.heading));
  logs::Lines listed(block);
  for (std::string_view line; listed.next(line);) read_summary_line(line, tally);
  Tally verbose;
  logs::Lines all(body);
  for (std::string_view line; all.next(line);) read_verbose_line(line, verbose);
  // Without -rA the short summary leaves out what passed.
  const bool short_list = tally.counted("PASSED") == 0 && verbose.counted("PASSED") > 0;
  Tally& chosen = short_list ? verbose : tally;
  if (sessions.closing != kNone) {
    chosen.close(sessions.counts);
    if (lists_behind(text.substr(sessions.closing))) {
      chosen.contradict("tests are listed behind the runner's last closing words");
    }
  } else {
    read_pretty(text, chosen);
  }
  if (sessions.again) chosen.contradict("a session ends again after it has ended");
  return chosen.finish(Tally::Closing::always,
                       short_list ? Tally::Listing::partial : Tally::Listing::whole);
}

}  // namespace weir::strict
