// maven, ant and gradle.

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// The test of a traced command: the field behind the last "-Dtest=" that has one.
std::string_view test_of_command(std::string_view line) {
  constexpr std::string_view kOption = "-Dtest=";
  for (auto at = line.rfind(kOption); at != kNone;
       at = at == 0 ? kNone : line.rfind(kOption, at - 1)) {
    const auto rest = line.substr(at + kOption.size());
    if (!rest.empty() && !is_space(first_character(rest).point)) return Fields(rest).next();
  }
  return {};
}

/// "com.example.Test > method" alone on a line.
bool names_test(std::string_view line) {
  Fields fields(line);
  const auto first = fields.next();
  return !first.empty() && first.front() != '>' && fields.next() == ">" && !fields.next().empty() &&
         fields.next().empty();
}

}  // namespace

/// Maven says nothing of a test that passes, so each is run alone: traced commands
/// wait in a queue, each "BUILD SUCCESS" or "BUILD FAILURE" answers the first; results
/// without a command answer those left over at the end.
TestStatuses parse_maven(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  std::vector<std::string_view> tests;
  std::vector<const char*> early;
  std::size_t answered = 0;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    if (const auto test = test_of_command(line); !test.empty()) tests.push_back(test);
    const bool success = ends(line, "BUILD SUCCESS");
    if (!success && !ends(line, "BUILD FAILURE")) continue;
    const char* const status = success ? "PASSED" : "FAILED";
    if (answered < tests.size()) {
      statuses[tests[answered++]] = status;
    } else {
      early.push_back(status);
    }
  }
  for (const char* const status : early) {
    if (answered < tests.size()) statuses[tests[answered++]] = status;
  }
  return statuses;
}

/// "[junit] [PASS] NAME".
TestStatuses parse_ant(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    if (!take(line, "[junit]") || !take_spaces(line)) continue;
    const bool passed = take(line, "[PASS]");
    if (!passed && !take(line, "[FAIL]") && !take(line, "[ERR]")) continue;
    if (take_spaces(line)) statuses[line] = passed ? "PASSED" : "FAILED";
  }
  return statuses;
}

/// "com.example.Test > method PASSED", with the status on a later line if output came
/// between.
TestStatuses parse_gradle(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  std::string_view waiting;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    std::string_view name = line;
    const bool passed = drop(name, "PASSED");
    const bool verdict = passed || drop(name, "FAILED");
    const char* const status = passed ? "PASSED" : "FAILED";
    if (verdict && drop_space(name) && !name.empty() && name.front() != '>' &&
        first_character(name).length < name.size()) {
      statuses[name] = status;
      waiting = {};
    } else if (names_test(line)) {
      waiting = line;
    } else if (!waiting.empty() && verdict && line.size() == 6) {
      statuses[waiting] = status;
      waiting = {};
    }
  }
  return statuses;
}

}  // namespace weir::logs
