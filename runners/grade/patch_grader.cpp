// SWE-bench grading: base + submitted diff + hidden tests, in a fresh box.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runners/grade/grader.hpp"
#include "runners/grade/grading_box.hpp"
#include "runners/grade/hidden_tests.hpp"
#include "runners/grade/log_program.hpp"
#include "runners/grade/official_log.hpp"
#include "runners/grade/rule_evidence.hpp"
#include "runners/grade/test_evidence.hpp"
#include "runners/grade/test_run.hpp"
#include "tasks/error.hpp"
#include "tasks/patch.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr milliseconds kTestTimeout = std::chrono::minutes(30);

/// The official ways of applying a diff, most exact first.
constexpr const char* kApply = R"sh(
d=/tmp/weir.diff
clean() { git checkout -q -- . && git clean -fdq; }
git apply --verbose $d && exit 0
clean; git apply --verbose --3way $d && exit 0
git reset -q --hard; clean; git apply --verbose --reject $d && exit 0
clean
if command -v patch >/dev/null; then  # which would write into .git, as git never does
  before=$(mktemp) && sleep 0.05
  patch --batch --forward --fuzz=5 -p1 -i $d; code=$?
  if [ -n "$(find .git -newer $before -o -cnewer $before)" ]; then
    echo "the diff writes into .git"; exit 1
  fi
  [ $code -ne 0 ] || exit 0
fi
clean; git apply --check --reverse $d && exit 0
exit 1
)sh";

/// The one way of SWE-bench Pro.
constexpr const char* kApplyPlainly = "git apply -v /tmp/weir.diff";

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

/// Applies the diff. False if git can do nothing with it.
bool apply(const std::string& patch, VerdictRule rule, GradingBox& box, Verdict& verdict) {
  if (trimmed(patch).empty()) return true;
  box.put(patch, "/tmp/weir.diff");
  const bool plainly = rule == VerdictRule::swe_bench_pro;
  const ExecResult applied = box.run(plainly ? kApplyPlainly : kApply);
  verdict.evidence = to_utf8(applied.out.bytes);
  if (applied.ok()) return true;
  verdict.message = "the submitted diff does not apply to the base";
  verdict.applied = false;
  return false;
}

/// The files of the repository with the diff in it; nullopt if git cannot say.
std::optional<SubmittedFiles> submitted_files(const std::string& patch, GradingBox& box) {
  const std::set<std::string>& built = box.room().environment.unlike_base;
  if (trimmed(patch).empty()) return SubmittedFiles{built, {}};
  auto files = box.unlike_base();
  if (!files) return {};
  return SubmittedFiles{std::move(*files), {}};
}

/// Of the submission's own changes, the test code.
std::vector<std::string> own_test_code(const SubmittedFiles& submitted, const std::string& gold,
                                       const HiddenTests& tests, GradingBox& box) {
  std::set<std::string> changed = submitted.unlike_base;
  for (const auto& path : box.room().environment.unlike_base) changed.erase(path);
  return test_code_of(changed, gold, tests, box);
}

/// What a run of the tests says, by the rule of its data set.
TestEvidence judge(const ExecResult& run, const AgentTask& task, const PatchGrading& grading,
                   const GradingRoom& room) {
  if (grading.rule == VerdictRule::swe_bench) return judge_test_run(run, task, grading);
  if (grading.log_program) {
    return judge_by_rule(run,
                         read_by_program(*grading.log_program, run.out.bytes, run.err.bytes, room),
                         task, grading);
  }
  const LogParser* parser = find_log_parser(grading.log_parser);
  if (parser == nullptr) {
    throw InfraError(fmt::format("log parser \"{}\" is not supported", grading.log_parser));
  }
  const TestStatuses statuses = parser->parse(official_text(run.out.bytes), {task.id, ""});
  return judge_by_rule(run, as_live_statuses(statuses), task, grading);
}

/// One grading of a diff in a box of its own, with the hidden tests' files set back before they go
/// in; and with what it changed of other test code, if that is to be `dropped`. What was changed is
/// asked of git, not of the diff's text, which others may read otherwise.
Verdict grade_once(const std::string& patch, const AgentTask& task, const PatchGrading& grading,
                   const std::string& gold, std::vector<std::string>* dropped,
                   const GradingRoom& room) {
  Verdict verdict;
  verdict.outcome = Outcome::unresolved;
  const HiddenTests tests = hidden_tests(grading);
  GradingBox box(room);
  if (!apply(patch, grading.rule, box, verdict)) return verdict;
  auto submitted = submitted_files(patch, box);
  if (!submitted) {  // what would be set back cannot be known
    verdict.message = "git cannot read the repository after this diff";
    verdict.applied = false;
    return verdict;
  }
  if (dropped != nullptr) {
    submitted->set_back = *dropped = own_test_code(*submitted, gold, tests, box);
  }
  const milliseconds timeout = room.timeout.value_or(task.limits.verifier.value_or(kTestTimeout));
  const TestRun run = run_hidden_tests(tests, *submitted, grading, timeout, box);
  verdict.evidence += run.evidence;
  verdict.anomalies = run.anomalies;
  if (!run.failure.empty()) {
    verdict.message = run.failure;
    verdict.applied =
        run.cut_short;  // officially it is not where no test begins; a kill is no word on it
    return verdict;
  }
  verdict.evidence +=
      "$ " + grading.test_command + "\n" + to_utf8(run.result.out.bytes + run.result.err.bytes);
  if (ended_badly(run.result, verdict)) return verdict;
  TestEvidence evidence = judge(run.result, task, grading, room);
  verdict.outcome = evidence.outcome;
  verdict.message = std::move(evidence.message);
  for (auto& anomaly : evidence.anomalies) verdict.anomalies.push_back(std::move(anomaly));
  verdict.report = std::move(evidence.report);
  if (verdict.outcome == Outcome::resolved && !run.changed.empty()) {
    verdict.outcome = Outcome::invalid;
    verdict.report->resolved = false;
    verdict.message = fmt::format("preparing the tests changed what runs them: {}; not believed",
                                  fmt::join(run.changed, ", "));
  }
  verdict.test_log = std::move(evidence.log);
  return verdict;
}

}  // namespace

void add_steady_environment(std::map<std::string, std::string>& env) {
  env.insert({{"TZ", "UTC"}, {"LC_ALL", "C.UTF-8"}, {"PYTHONHASHSEED", "0"}});
}

void add_clock(std::map<std::string, std::string>& env, TimePoint time) {
  std::string moment = format_time(time).substr(0, 19);  // without fractions and Z: TZ is UTC
  moment[10] = ' ';
  env["LD_PRELOAD"] = kClockLibrary;
  env["FAKETIME"] = "@" + moment;
  env["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";  // what measures durations goes on as it is
}

Verdict grade_patch(const std::string& submitted, const AgentTask& task,
                    const PatchGrading& grading, const std::string& gold, const GradingRoom& room) {
  const bool pro = grading.rule == VerdictRule::swe_bench_pro;
  const std::string patch = pro ? without_binary_files(submitted) : submitted;
  if (trimmed(patch).empty() && !room.grade_empty_diffs) {
    Verdict verdict;
    verdict.outcome = Outcome::unresolved;
    verdict.message = "the submitted diff is empty";
    return verdict;
  }
  const auto permit = room.graders.acquire(room.stop);
  std::vector<std::string> dropped;
  Verdict verdict = grade_once(patch, task, grading, gold, &dropped, room);
  if (patch != submitted) {
    verdict.anomalies.emplace_back("binary files of the submission were left out, as officially");
  }
  if (dropped.empty()) return verdict;
  verdict.anomalies.push_back(
      fmt::format("test code of the submission was set back: {}", fmt::join(dropped, ", ")));
  if (verdict.outcome == Outcome::resolved) return verdict;
  const Verdict as_it_stands = grade_once(patch, task, grading, gold, nullptr, room);
  verdict.anomalies.push_back(
      fmt::format("with its own test code it would be {}", name_of(as_it_stands.outcome)));
  return verdict;
}

}  // namespace weir
