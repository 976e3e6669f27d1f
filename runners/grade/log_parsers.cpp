// Log parsers, each equal to the official one of its name: same prefixes, same
// first fields, later lines win: the quirks are part of the format.

#include "runners/grade/log_parsers.hpp"

#include <algorithm>
#include <array>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 5> kStatuses = {"FAILED", "PASSED", "SKIPPED", "ERROR",
                                                       "XFAIL"};

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
bool ends(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::vector<std::string> fields(std::string_view line) {
  std::vector<std::string> out;
  constexpr std::string_view kSpace = " \t\r\v\f";
  for (auto at = line.find_first_not_of(kSpace); at != std::string_view::npos;) {
    const auto end = line.find_first_of(kSpace, at);
    out.emplace_back(line.substr(at, end - at));
    at = end == std::string_view::npos ? end : line.find_first_not_of(kSpace, end);
  }
  return out;
}

bool starts_with_status(std::string_view line) {
  return std::any_of(kStatuses.begin(), kStatuses.end(),
                     [&](std::string_view status) { return starts(line, status); });
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  for (auto at = out.find(from); at != std::string::npos; at = out.find(from, at + to.size())) {
    out.replace(at, from.size(), to);
  }
  return out;
}

/// pytest's short summary: "PASSED tests/a.py::test_x".
TestStatuses parse_pytest(std::string_view log) {
  TestStatuses statuses;
  for (const auto line : split_lines(log)) {
    if (!starts_with_status(line)) continue;
    const auto words = fields(starts(line, "FAILED") ? replaced(line, " - ", " ") : std::string(line));
    if (words.size() < 2) continue;
    if (words[0] == "SKIPPED" && starts(words[1], "[")) continue;
    statuses[words[1]] = words[0];
  }
  return statuses;
}

/// Shortens the path in "main[/long/path/option]" to "main[/option]".
std::string shortened_option(const std::string& id) {
  const auto open = id.find('[');
  const auto close = id.rfind(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return id;
  std::string option = id.substr(open + 1, close - open - 1);
  const bool path = starts(option, "/") && !starts(option, "//") &&
                    option.find('*') == std::string::npos;
  if (path) option = "/" + option.substr(option.rfind('/') + 1);
  return id.substr(0, open) + "[" + option + "]";
}

TestStatuses parse_pytest_options(std::string_view log) {
  TestStatuses statuses;
  for (const auto& [id, status] : parse_pytest(log)) statuses[shortened_option(id)] = status;
  return statuses;
}

/// unittest's and Django's runner: "test_x (tests.test_a.T) ... ok".
TestStatuses parse_django(std::string_view log) {
  TestStatuses statuses;
  std::string previous;
  for (const auto raw : split_lines(log)) {
    const auto line = trimmed(raw);
    if (line.find("--version is equivalent to version") != std::string_view::npos) {
      statuses["--version is equivalent to version"] = "PASSED";
    }
    const auto dots = line.find(" ... ");
    if (dots != std::string_view::npos) previous = line.substr(0, dots);
    for (const std::string_view ok : {" ... ok", " ... OK", " ...  OK"}) {
      if (!ends(line, ok)) continue;
      std::string_view name = line;
      if (starts(name, "Applying sites.0002_alter_domain_unique...test_no_migrations")) {
        name = trimmed(name.substr(name.find("...") + 3));
      }
      statuses[std::string(name.substr(0, name.rfind(ok)))] = "PASSED";
      break;
    }
    const auto skipped = line.find(" ... skipped");
    if (skipped != std::string_view::npos) statuses[std::string(line.substr(0, skipped))] = "SKIPPED";
    if (ends(line, " ... FAIL")) statuses[std::string(line.substr(0, line.size() - 9))] = "FAILED";
    if (ends(line, " ... ERROR")) statuses[std::string(line.substr(0, line.size() - 10))] = "ERROR";
    const auto words = fields(line);
    if (starts(line, "FAIL:") && words.size() > 1) statuses[words[1]] = "FAILED";
    if (starts(line, "ERROR:") && words.size() > 1) statuses[words[1]] = "ERROR";
    if (starts(line, "ok") && !previous.empty()) statuses[previous] = "PASSED";
  }
  return statuses;
}

/// "PASS: NAME" and "FAIL: NAME".
TestStatuses parse_jq(std::string_view log) {
  TestStatuses statuses;
  for (const auto raw : split_lines(log)) {
    const auto line = trimmed(raw);
    if (starts(line, "PASS: ")) statuses[std::string(line.substr(6))] = "PASSED";
    if (starts(line, "FAIL: ")) statuses[std::string(line.substr(6))] = "FAILED";
  }
  return statuses;
}

TestStatuses parse_nothing(std::string_view) { return {}; }

/// "=== 3 passed, 1 skipped in 0.12s ===", with or without the rules.
bool pytest_summary(std::string_view log) {
  for (const auto line : split_lines(log)) {
    if (line.find(" in ") == std::string_view::npos) continue;
    for (const std::string_view word : {" passed", " failed", " error", " skipped", " xfailed"}) {
      if (line.find(word) != std::string_view::npos) return true;
    }
  }
  return false;
}

/// "Ran 12 tests in 0.003s".
bool unittest_summary(std::string_view log) {
  for (const auto line : split_lines(log)) {
    if (starts(line, "Ran ") && line.find(" test") != std::string_view::npos) return true;
  }
  return false;
}

bool no_summary(std::string_view) { return true; }

}  // namespace

const std::vector<LogParser>& log_parsers() {
  static const std::vector<LogParser> parsers = {
      {"pytest", parse_pytest, pytest_summary},
      {"astroid", parse_pytest, pytest_summary},
      {"flask", parse_pytest, pytest_summary},
      {"marshmallow", parse_pytest, pytest_summary},
      {"pvlib", parse_pytest, pytest_summary},
      {"pyvista", parse_pytest, pytest_summary},
      {"sqlfluff", parse_pytest, pytest_summary},
      {"xarray", parse_pytest, pytest_summary},
      {"pytest_options", parse_pytest_options, pytest_summary},
      {"pydicom", parse_pytest_options, pytest_summary},
      {"requests", parse_pytest_options, pytest_summary},
      {"pylint", parse_pytest_options, pytest_summary},
      {"django", parse_django, unittest_summary},
      {"jq", parse_jq, no_summary},
      {kExitCodeParser, parse_nothing, no_summary},
  };
  return parsers;
}

const LogParser* find_log_parser(std::string_view name) {
  if (starts(name, "parse_log_")) name.remove_prefix(10);
  for (const auto& parser : log_parsers()) {
    if (parser.name == name) return &parser;
  }
  return nullptr;
}

}  // namespace weir
