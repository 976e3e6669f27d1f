#include "tasks/official_tests.hpp"

#include <fmt/format.h>

#include <utility>

#include "tasks/error.hpp"
#include "tasks/eval_script.hpp"
#include "tasks/swebench_dialect.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// A parser's name, as against a parser's text.
bool is_name(const std::string& text) {
  return !text.empty() && text.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                              "TUVWXYZ0123456789_") == std::string::npos;
}

std::string by_eval_script(const SwebenchInstance& instance, PatchGrading& grading) {
  if (grading.log_parser.empty()) {
    return "its row has an eval_script and no log_parser (--recipes FILE)";
  }
  try {
    EvalScript script = cut_eval_script(
        with_commit_named(grading.official.eval_script, instance.base_commit, kBaseTag));
    grading.prepare = std::move(script.prepare);
    grading.prepare_places_tests = true;
    grading.test_command = std::move(script.tests);
  } catch (const UserError& error) {
    return fmt::format("eval_script: {}", error.what());
  }
  return {};
}

std::string by_commands(const SwebenchInstance& instance, PatchGrading& grading) {
  const OfficialTests& official = grading.official;
  grading.rule = instance.dialect->rule;
  const std::string parser(trimmed(official.parse));
  if (is_name(parser)) {
    grading.log_parser = parser;
  } else if (parser.empty()) {
    return "its row names no log parser (--recipes FILE)";
  } else if (grading.rule == VerdictRule::swe_bench_live) {
    grading.log_program = LogProgram{LogProgram::Call::function, official.parse};
  } else {
    return "its log_parser is neither a name nor a program that its data set would run "
           "(--recipes FILE)";
  }
  grading.prepare = official.prepare;
  grading.test_command = official.run;
  grading.print = official.print;
  return {};
}

}  // namespace

std::string test_as_the_row_says(const SwebenchInstance& instance, PatchGrading& grading) {
  if (!instance.dialect->ungradable.empty()) return std::string(instance.dialect->ungradable);
  if (instance.dialect->image(instance).empty()) {
    return "its row names no image, and no recipe says how to test it (--recipes FILE)";
  }
  if (!grading.official.eval_script.empty()) return by_eval_script(instance, grading);
  if (!grading.official.run.empty()) return by_commands(instance, grading);
  return "its row does not say how to run its tests: rows of SWE-bench 5 have an eval_script, "
         "older "
         "ones need --recipes FILE";
}

std::string_view rebench_parser_differs(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kDiffering[] = {
      {"pytest_v2", "ends ids at their first blank"},
      {"sympy", "reads statuses in front of [OK] and [FAIL]"},
      {"jest", "keeps blanks at the ends of names"},
      {"react_pdf", "takes durations off all names"},
      {"phpunit", "takes durations off names"},
      {"gradle_custom", "takes durations off names, and no status on a line of its own"},
      {"maven", "gives each BUILD line to the name before it"},
  };
  if (name.rfind("parse_log_", 0) == 0) name.remove_prefix(10);
  for (const auto& [parser, how] : kDiffering) {
    if (parser == name) return how;
  }
  return {};
}

}  // namespace weir
