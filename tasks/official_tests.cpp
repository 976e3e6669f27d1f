#include "tasks/official_tests.hpp"

#include <fmt/format.h>

#include "tasks/error.hpp"
#include "tasks/eval_script.hpp"
#include "tasks/swebench_dialect.hpp"

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

std::string by_commands(PatchGrading& grading) {
  const OfficialTests& official = grading.official;
  if (!is_name(official.parse)) {
    return official.parse.empty() ? "its row names no log parser (--recipes FILE)"
                                  : "its log_parser is a program that comes with the data, which "
                                    "Weir does not believe "
                                    "(--recipes FILE)";
  }
  grading.log_parser = official.parse;
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
  if (!grading.official.run.empty()) return by_commands(grading);
  return "its row does not say how to run its tests: rows of SWE-bench 5 have an eval_script, "
         "older "
         "ones need --recipes FILE";
}

}  // namespace weir
