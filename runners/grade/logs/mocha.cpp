// mocha: highlight.js, prism and lighthouse.

#include <charconv>
#include <nlohmann/json.hpp>

#include "runners/grade/logs/duration.hpp"
#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// The log up to "<n> passing" on a line of its own: failures are told again below.
std::string_view before_summary(std::string_view log) {
  constexpr std::string_view kPassing = " passing";
  for (auto at = log.find(kPassing); at != kNone; at = log.find(kPassing, at + 1)) {
    std::string_view head = log.substr(0, at);
    if (!drop_digits(head)) continue;
    while (drop(head, " ") || drop(head, "\t")) {
    }
    if (drop(head, "\n")) return head;
  }
  return log;
}

/// "3) NAME": what follows the number.
bool take_number(std::string_view& line) {
  return take_digits(line) && take(line, ")");
}

/// The tests of mocha's JSON under `key`. Throws ParserFailed if it is not so.
void read_titles(const nlohmann::json& run, const char* key, const char* status,
                 TestStatuses& statuses) {
  const auto list = run.find(key);
  if (list == run.end() || !(list->is_array() || (list->is_object() && list->empty()))) {
    throw ParserFailed(std::string("mocha's JSON has no list ") + key);
  }
  for (const auto& test : *list) {
    const auto title = test.is_object() ? test.find("fullTitle") : test.end();
    if (!test.is_object() || title == test.end()) {
      throw ParserFailed("a test in mocha's JSON has no fullTitle");
    }
    if (title->is_string()) statuses[title->get_ref<const std::string&>()] = status;
  }
}

/// Each line `"fullTitle": "NAME",` of a text.
void read_title_lines(std::string_view text, const char* status, TestStatuses& statuses) {
  constexpr std::string_view kTitle = "\"fullTitle\":";
  Next newline(text, "\n");
  for (auto at = text.find(kTitle); at != kNone; at = text.find(kTitle, at)) {
    at += kTitle.size();
    std::string_view rest = text.substr(at);
    if (!take_space(rest) || !take(rest, "\"")) continue;
    const std::size_t begin = text.size() - rest.size();
    const std::size_t end = newline.from(begin);
    if (end == kNone) continue;
    std::string_view name = text.substr(begin, end - begin);
    if (!drop(name, "\",")) continue;
    statuses[name] = status;
    at = end + 1;
  }
}

/// What follows "running N test files", for each.
std::vector<std::string_view> lighthouse_runs(std::string_view log) {
  std::vector<std::string_view> runs;
  std::size_t begin = kNone;
  for (auto at = log.find("running"); at != kNone; at = log.find("running", at + 7)) {
    std::string_view rest = log.substr(at + 7);
    if (!take_space(rest) || !take_digits(rest) || !take_space(rest) || !take(rest, "test") ||
        !take_space(rest) || !take(rest, "files")) {
      continue;
    }
    if (begin != kNone) runs.push_back(log.substr(begin, at - begin));
    begin = log.size() - rest.size();
  }
  if (begin != kNone) runs.push_back(log.substr(begin));
  return runs;
}

/// The text before its first "<n> passing".
std::string_view before_passing(std::string_view text) {
  for (auto at = text.find("passing"); at != kNone; at = text.find("passing", at + 1)) {
    std::string_view head = text.substr(0, at);
    if (drop_space(head) && drop_digits(head)) return head;
  }
  return text;
}

/// A test's name without what stands from its last " (12ms)" on.
std::string_view before_time(std::string_view name) {
  for (auto at = name.rfind('('); at != kNone && at > 0; at = name.rfind('(', at - 1)) {
    std::string_view head = name.substr(0, at);
    std::string_view time = name.substr(at + 1);
    if (!drop_space(head) || !take_digits(time) || !take(time, "m")) continue;
    while (take(time, "m")) {
    }
    if (take(time, "s)")) return head;
  }
  return name;
}

TestStatuses parse_lighthouse_mocha(std::string_view log) {
  TestStatuses statuses;
  NameBudget budget;
  for (const auto run : lighthouse_runs(log)) {
    IndentedSuites suites;
    Lines lines(stripped(before_passing(run)));
    for (std::string_view line; lines.next(line);) {
      std::string_view test = stripped(line);
      const bool passed = take(test, "✔");
      if ((passed || take_number(test)) && take_space(test)) {
        statuses[budget.spend(suites.name_of(before_time(test)))] = passed ? "PASSED" : "FAILED";
      } else {
        suites.enter(line);
      }
    }
  }
  return statuses;
}

TestStatuses parse_lighthouse_json(std::string_view log) {
  TestStatuses statuses;
  const auto runs = split(log, "./node_modules/.bin/mocha --reporter json");
  for (std::size_t i = 1; i < runs.size(); ++i) {
    read_title_lines(before_last(after_last(runs[i], "\"passes\": ["), "]"), "PASSED", statuses);
    read_title_lines(before_last(after_last(runs[i], "\"failures\": ["), "],"), "FAILED", statuses);
  }
  return statuses;
}

double number_of(std::string_view version) {
  version = stripped(version);
  take(version, "+");
  double value = 0;
  const auto read = std::from_chars(version.data(), version.data() + version.size(), value);
  if (read.ec != std::errc() || read.ptr != version.data() + version.size()) {
    throw ParserFailed("no number: version " + std::string(version));
  }
  return value;
}

}  // namespace

TestStatuses parse_highlightjs(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  NameBudget budget;
  std::vector<std::string_view> suite;
  Lines lines(before_summary(log));
  for (std::string_view line; lines.next(line);) {
    std::string_view test = left_stripped(line);
    const bool passed = take(test, "✓") || take(test, "✔");
    if (passed || take_number(test)) {
      statuses[budget.spend(joined(suite, without_durations(test), "."))] =
          passed ? "PASSED" : "FAILED";
    } else if (starts(line, "  ")) {
      suite = {stripped(line)};
    }
  }
  return statuses;
}

TestStatuses parse_prismjs(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  const auto runs = split(log, "./node_modules/.bin/mocha tests/run.js --reporter json");
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const std::string text = "{" + std::string(before_last(after(runs[i], "{"), "}")) + "}";
    const auto run = nlohmann::json::parse(text, nullptr, false);
    if (!run.is_object()) throw ParserFailed("mocha's JSON cannot be read");
    read_titles(run, "failures", "FAILED", statuses);
    read_titles(run, "passes", "PASSED", statuses);
  }
  return statuses;
}

/// By version: mocha's tree, jest by files, or the lines of mocha's JSON.
TestStatuses parse_lighthouse(std::string_view log, const LogSource& source) {
  const auto version = source.version;
  if (version == "9.5" || version == "10.0" || version == "10.2") {
    return parse_lighthouse_mocha(log);
  }
  if (!version.empty()) {
    return number_of(version) >= 3 ? parse_jest_files(log, source) : parse_lighthouse_json(log);
  }
  TestStatuses statuses = parse_lighthouse_mocha(log);
  if (statuses.empty()) statuses = parse_jest_files(log, source);
  return statuses.empty() ? parse_lighthouse_json(log) : statuses;
}

}  // namespace weir::logs
