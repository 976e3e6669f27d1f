#include "runners/test_names.hpp"

#include <array>
#include <charconv>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// The text before the first of `end`, or all of it.
std::string_view before(std::string_view text, std::string_view end) {
  return text.substr(0, text.find(end));
}

std::optional<int> number_at(std::string_view text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc()) return {};
  return value;
}

/// The number right before `word` ("2 failed"), if there is one.
std::optional<int> counted(std::string_view line, std::string_view word) {
  const auto at = line.find(word);
  if (at == std::string_view::npos || at == 0 || line[at - 1] != ' ') return {};
  auto begin = at - 1;
  while (begin > 0 && line[begin - 1] >= '0' && line[begin - 1] <= '9') --begin;
  return number_at(line.substr(begin, at - 1 - begin));
}

/// A prefix that a runner writes before a test's name, and what it means.
struct Mark {
  std::string_view prefix;
  bool red;
  std::string_view end;  ///< the name ends before this
};

constexpr std::array<Mark, 12> kMarks = {{
    {"FAILED ", true, " - "},  // pytest -rf
    {"ERROR ", true, " - "},
    {"PASSED ", false, " - "},
    {"FAIL: ", true, "\n"},  // unittest
    {"ERROR: ", true, "\n"},
    {"--- FAIL: ", true, " ("},  // go
    {"--- PASS: ", false, " ("},
    {"not ok ", true, " # "},  // TAP
    {"ok ", false, " # "},
    {"\xE2\x9C\x95 ", true, " ("},  // jest
    {"\xE2\x9C\x93 ", false, " ("},
    {"PASS: ", false, "\n"},  // automake
}};

/// How unittest -v and cargo end the line of a test.
struct Verdict {
  std::string_view suffix;
  bool red;
};
constexpr std::array<Verdict, 5> kVerdicts = {{
    {" ... ok", false},
    {" ... FAIL", true},
    {" ... ERROR", true},
    {" ... FAILED", true},
    {" ... expected failure", false},
}};

class Reading {
 public:
  void take(std::string_view line) {
    count(line);
    // What a test prints comes between its name and unittest's verdict.
    if (!open_.empty() && (line == "ok" || line == "FAIL" || line == "ERROR")) {
      note(open_, line != "ok");
      return;
    }
    if (const auto dots = line.find(" ... "); dots != std::string_view::npos) {
      open_ = line.substr(0, dots);
    }
    for (const auto& verdict : kVerdicts) {
      if (line.size() <= verdict.suffix.size() || !line.ends_with(verdict.suffix)) continue;
      std::string_view name = line.substr(0, line.size() - verdict.suffix.size());
      if (starts(name, "test ")) name.remove_prefix(5);  // cargo
      note(name, verdict.red);
      return;
    }
    for (const auto& mark : kMarks) {
      if (!starts(line, mark.prefix)) continue;
      std::string_view name = before(line.substr(mark.prefix.size()), mark.end);
      // A summary line of its own ("FAILED (failures=1)") names no test.
      if (!starts(name, "(")) note(name, mark.red);
      return;
    }
  }

  TestNames end() {
    for (const auto& name : names_.red) names_.green.erase(name);
    if (!names_.red_count && !(names_.red.empty() && names_.green.empty())) {
      names_.red_count = static_cast<int>(names_.red.size());
    }
    return std::move(names_);
  }

 private:
  void note(std::string_view name, bool red) {
    name = trimmed(name);
    if (name.empty()) return;
    (red ? names_.red : names_.green).emplace(name);
  }

  void add(std::optional<int> more) {
    if (more) names_.red_count = names_.red_count.value_or(0) + *more;
  }

  /// The summaries of pytest ("2 failed, 3 passed, 1 error in 0.1s") and unittest
  /// ("FAILED (failures=1, errors=2)").
  void count(std::string_view line) {
    const bool pytest =
        line.find(" in ") != std::string_view::npos &&
        (counted(line, "passed") || counted(line, "failed") || counted(line, "error"));
    if (pytest) {
      add(0);
      add(counted(line, "failed"));
      add(counted(line, "error"));
    }
    if (!starts(line, "FAILED (")) return;
    for (const std::string_view key : {"failures=", "errors="}) {
      const auto at = line.find(key);
      if (at != std::string_view::npos) add(number_at(line.substr(at + key.size())));
    }
  }

  TestNames names_;
  std::string_view open_;  ///< the test whose line was begun last
};

}  // namespace

TestNames read_test_names(std::string_view log) {
  Reading reading;
  for (const auto line : split_lines(log)) reading.take(trimmed(line));
  return reading.end();
}

}  // namespace weir
