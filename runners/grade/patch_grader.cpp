// SWE-bench grading: base + submitted diff + hidden tests, in a fresh box.

#include <fmt/format.h>

#include <algorithm>

#include "runners/grade/grader.hpp"
#include "tasks/error.hpp"
#include "tasks/patch.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr milliseconds kTestTimeout = std::chrono::minutes(30);

/// The official ways of applying a diff, most exact first.
constexpr const char* kApply = R"(
d=/tmp/weir.diff
clean() { git checkout -q -- . && git clean -fdq; }
git apply --verbose $d && exit 0
clean; git apply --verbose --3way $d && exit 0
git reset -q --hard; clean; git apply --verbose --reject $d && exit 0
clean
if command -v patch >/dev/null; then patch --batch --forward --fuzz=5 -p1 -i $d && exit 0; fi
clean; git apply --check --reverse $d && exit 0
exit 1
)";

ExecResult run(Box& box, const GradingRoom& room, const std::string& script, milliseconds timeout) {
  ExecRequest request;
  request.script = script;
  request.cwd = room.environment.workdir;
  request.env = room.environment.env;
  request.timeout = timeout;
  request.merge_stderr = true;
  request.caps = {64 << 20, 1 << 20, std::int64_t{256} << 20};
  request.stop = room.stop;
  ExecResult result = box.exec(request);
  if (room.stop.stop_requested()) throw Cancelled();
  return result;
}

/// Puts the hidden tests in: first every file they touch is set back to the
/// base, so that whatever the submission did there cannot matter.
bool place_tests(Box& box, const GradingRoom& room, const PatchGrading& grading,
                 Verdict& verdict) {
  if (grading.test_patch.empty()) return true;
  std::string script = "set -e\n";
  for (const auto& path : touched_files(parse_patch(grading.test_patch))) {
    const std::string word = shell_quoted(path);
    script += fmt::format(
        "if git cat-file -e HEAD:{0} 2>/dev/null; then git checkout -q HEAD -- {0}; else rm -rf -- "
        "{0}; fi\n",
        word);
  }
  script += "git apply --verbose /tmp/weir-tests.diff\n";
  box.put(grading.test_patch, "/tmp/weir-tests.diff");
  const ExecResult result = run(box, room, script, std::chrono::minutes(2));
  verdict.evidence += to_utf8(result.out.bytes);
  return result.ok();
}

std::string named(const std::vector<std::string>& tests) {
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(tests.size(), 3); ++i) {
    out += (i == 0 ? "" : ", ") + tests[i];
  }
  return tests.size() > 3 ? fmt::format("{} and {} more", out, tests.size() - 3) : out;
}

void judge(const ExecResult& result, const PatchGrading& grading, Verdict& verdict) {
  const LogParser* parser = find_log_parser(grading.log_parser);
  if (parser == nullptr) {
    throw InfraError(fmt::format("log parser \"{}\" is not supported", grading.log_parser));
  }
  TestStatuses statuses = parser->parse(result.out.bytes);
  if (parser->name == kExitCodeParser) {
    statuses[std::string(kExitCodeParser)] = result.ok() ? "PASSED" : "FAILED";
  }
  const TestVerdict tests = judge_tests(statuses, grading);
  const bool any_failed = std::any_of(statuses.begin(), statuses.end(), [](const auto& entry) {
    return entry.second == "FAILED" || entry.second == "ERROR";
  });
  if (result.out.truncated) verdict.anomalies.push_back("the test log is longer than was kept");
  if (tests.resolved() && !result.ok() && !any_failed) {
    verdict.outcome = Outcome::invalid;
    verdict.message = fmt::format(
        "the log names no failure, yet the test command ended with {}; not believed",
        result.exit_code);
    return;
  }
  if (tests.resolved() && !parser->complete(result.out.bytes)) {
    verdict.outcome = Outcome::invalid;
    verdict.message = "the log lacks the runner's own summary; not believed";
    return;
  }
  verdict.outcome = tests.resolved() ? Outcome::resolved : Outcome::unresolved;
  if (!tests.fail_to_pass_failed.empty()) {
    verdict.message = "still failing: " + named(tests.fail_to_pass_failed);
  } else if (!tests.pass_to_pass_failed.empty()) {
    verdict.message = "broken: " + named(tests.pass_to_pass_failed);
  }
}

}  // namespace

Verdict grade_patch(const std::string& patch, const AgentTask& task, const PatchGrading& grading,
                    const GradingRoom& room) {
  Verdict verdict;
  const bool empty = trimmed(patch).empty();
  if (empty && !room.grade_empty_diffs) {
    verdict.outcome = Outcome::unresolved;
    verdict.message = "the submitted diff is empty";
    return verdict;
  }
  const auto permit = room.graders.acquire(room.stop);
  const auto box = room.sandbox.create(room.environment.on(room.environment.snapshot));
  verdict.outcome = Outcome::unresolved;
  if (!empty) {
    box->put(patch, "/tmp/weir.diff");
    const ExecResult applied = run(*box, room, kApply, std::chrono::minutes(2));
    verdict.evidence = to_utf8(applied.out.bytes);
    if (!applied.ok()) {
      verdict.message = "the submitted diff does not apply to the base";
      return verdict;
    }
  }
  if (!place_tests(*box, room, grading, verdict)) {
    verdict.message = "the hidden tests cannot be put in place after this diff";
    return verdict;
  }
  const ExecResult result =
      run(*box, room, grading.test_command, task.limits.verifier.value_or(kTestTimeout));
  verdict.evidence += "$ " + grading.test_command + "\n" + to_utf8(result.out.bytes);
  if (result.status == ExecStatus::timeout || result.status == ExecStatus::box_lost) {
    verdict.message = result.status == ExecStatus::timeout ? "the tests did not end in time"
                                                           : "the tests wedged their box";
    return verdict;
  }
  judge(result, grading, verdict);
  return verdict;
}

}  // namespace weir
