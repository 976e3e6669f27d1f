// SWE-bench grading: base + submitted diff + hidden tests, in a fresh box.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "runners/grade/grader.hpp"
#include "runners/grade/test_evidence.hpp"
#include "tasks/error.hpp"
#include "tasks/patch.hpp"
#include "tasks/test_files.hpp"
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

ExecRequest request_for(const GradingRoom& room, const std::string& script, milliseconds timeout) {
  ExecRequest request;
  request.script = script;
  request.cwd = room.environment.workdir;
  request.env = room.environment.env;
  request.timeout = timeout;
  request.merge_stderr = true;
  request.caps = {64 << 20, 1 << 20, std::int64_t{256} << 20};
  request.stop = room.stop;
  return request;
}

ExecResult run(Box& box, const GradingRoom& room, const std::string& script, milliseconds timeout) {
  ExecResult result = box.exec(request_for(room, script, timeout));
  if (room.stop.stop_requested()) throw Cancelled();
  return result;
}

/// Files that the hidden tests bring, and what the submission did to other test code: all set
/// back to the base before the tests go in.
struct Restored {
  std::vector<std::string> by_tests;  ///< as the official harness does
  std::vector<std::string> dropped;   ///< Weir beside it: paths of the submission's own
};

Restored to_restore(const std::string& patch, const std::string& gold,
                    const PatchGrading& grading) {
  Restored restored;
  restored.by_tests = touched_files(parse_patch(grading.test_patch));
  const auto has = [](const std::vector<std::string>& paths, const std::string& path) {
    return std::find(paths.begin(), paths.end(), path) != paths.end();
  };
  std::vector<std::string> own;
  std::vector<std::string> of_gold;
  try {
    own = touched_files(parse_patch(patch));
    of_gold = touched_files(parse_patch(gold));
  } catch (const UserError&) {  // git may know what to do with it; nothing is dropped
    return restored;
  }
  for (const auto& path : own) {
    const bool test_code = is_test_file(path) || is_test_config(path);
    if (test_code && !has(of_gold, path) && !has(restored.by_tests, path)) {
      restored.dropped.push_back(path);
    }
  }
  return restored;
}

/// Sets `paths` back to the base: whatever the submission did there cannot matter.
std::string restoring(const std::vector<std::string>& paths) {
  std::string script;
  for (const auto& path : paths) {
    script += fmt::format(
        "if git cat-file -e HEAD:{0} 2>/dev/null; then rm -rf -- {0}; git checkout -q HEAD -- {0}; "
        "else rm -rf -- {0}; fi\n",
        shell_quoted(path));
  }
  return script;
}

/// Restores, then puts the hidden tests in.
bool place_tests(Box& box, const GradingRoom& room, const PatchGrading& grading,
                 const std::vector<std::string>& paths, Verdict& verdict) {
  std::string script = "set -e\n" + restoring(paths);
  if (!grading.test_patch.empty()) {
    script += "git apply --verbose /tmp/weir-tests.diff\n";
    box.put(grading.test_patch, "/tmp/weir-tests.diff");
  }
  const ExecResult result = run(box, room, script, std::chrono::minutes(2));
  verdict.evidence += to_utf8(result.out.bytes);
  return result.ok();
}

ExecResult run_tests(Box& box, const AgentTask& task, const PatchGrading& grading,
                     const GradingRoom& room) {
  ExecRequest request =
      request_for(room, grading.test_command,
                  room.timeout.value_or(task.limits.verifier.value_or(kTestTimeout)));
  add_steady_environment(request.env);
  ExecResult result = box.exec(request);
  if (room.stop.stop_requested()) throw Cancelled();
  return result;
}

/// Tests that ended some other way than by themselves.
bool ended_badly(const ExecResult& result, Verdict& verdict) {
  verdict.outcome = Outcome::unresolved;
  if (result.status == ExecStatus::timeout) verdict.message = "the tests did not end in time";
  if (result.status == ExecStatus::box_lost) verdict.message = "the tests wedged their box";
  if (result.status == ExecStatus::oom) verdict.message = "the tests used up their memory";
  if (result.status == ExecStatus::output_limit) {
    verdict.outcome = Outcome::invalid;
    verdict.message = "the tests printed more than can be judged";
  }
  return !verdict.message.empty();
}

/// One grading of a diff in a box of its own, with `paths` set back before the tests go in.
Verdict grade_once(const std::string& patch, const AgentTask& task, const PatchGrading& grading,
                   const std::vector<std::string>& paths, const GradingRoom& room) {
  Verdict verdict;
  verdict.outcome = Outcome::unresolved;
  const auto box = room.sandbox.create(room.environment.on(room.environment.snapshot));
  if (!trimmed(patch).empty()) {
    box->put(patch, "/tmp/weir.diff");
    const ExecResult applied = run(*box, room, kApply, std::chrono::minutes(2));
    verdict.evidence = to_utf8(applied.out.bytes);
    if (!applied.ok()) {
      verdict.message = "the submitted diff does not apply to the base";
      verdict.applied = false;
      return verdict;
    }
  }
  if (!place_tests(*box, room, grading, paths, verdict)) {
    verdict.message = "the hidden tests cannot be put in place after this diff";
    verdict.applied = false;
    return verdict;
  }
  const ExecResult result = run_tests(*box, task, grading, room);
  verdict.evidence += "$ " + grading.test_command + "\n" + to_utf8(result.out.bytes);
  if (ended_badly(result, verdict)) return verdict;
  TestEvidence evidence = judge_test_run(result, task, grading);
  verdict.outcome = evidence.outcome;
  verdict.message = std::move(evidence.message);
  verdict.anomalies = std::move(evidence.anomalies);
  verdict.report = std::move(evidence.report);
  verdict.test_log = std::move(evidence.log);
  return verdict;
}

}  // namespace

void add_steady_environment(std::map<std::string, std::string>& env) {
  env.insert({{"TZ", "UTC"}, {"LC_ALL", "C.UTF-8"}, {"PYTHONHASHSEED", "0"}});
}

Verdict grade_patch(const std::string& patch, const AgentTask& task, const PatchGrading& grading,
                    const std::string& gold, const GradingRoom& room) {
  if (trimmed(patch).empty() && !room.grade_empty_diffs) {
    Verdict verdict;
    verdict.outcome = Outcome::unresolved;
    verdict.message = "the submitted diff is empty";
    return verdict;
  }
  const auto permit = room.graders.acquire(room.stop);
  const Restored restored = to_restore(patch, gold, grading);
  std::vector<std::string> paths = restored.by_tests;
  paths.insert(paths.end(), restored.dropped.begin(), restored.dropped.end());
  Verdict verdict = grade_once(patch, task, grading, paths, room);
  if (restored.dropped.empty()) return verdict;
  verdict.anomalies.push_back(fmt::format("test code of the submission was set back: {}",
                                          fmt::join(restored.dropped, ", ")));
  if (verdict.outcome == Outcome::resolved) return verdict;
  const Verdict as_it_stands = grade_once(patch, task, grading, restored.by_tests, room);
  verdict.anomalies.push_back(
      fmt::format("with its own test code it would be {}", name_of(as_it_stands.outcome)));
  return verdict;
}

}  // namespace weir
