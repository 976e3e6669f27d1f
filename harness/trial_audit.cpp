#include "harness/trial_audit.hpp"

#include "results/audit/audit.hpp"
#include "tasks/error.hpp"
#include "tasks/patch.hpp"

namespace weir {
namespace {

std::set<std::string> files_of(const std::string& test_patch) {
  try {
    const auto files = touched_files(parse_patch(test_patch));
    return {files.begin(), files.end()};
  } catch (const UserError&) {  // grading has said so
    return {};
  }
}

/// All that the agent was asked, step by step.
std::string instructions_of(const AgentTask& task) {
  std::string all = task.instruction;
  for (const auto& step : task.terminal.steps) all += "\n" + step.instruction;
  return all;
}

}  // namespace

void audit_try(const Task& task, Try& attempt, Writer& writer, bool strict) {
  if (attempt.leaf.empty()) return;
  const std::vector<Turn> turns = writer.turns_up_to(attempt.leaf);
  AuditSubject subject{.turns = turns, .submission = attempt.submission};
  subject.of_repository = task.shown.deliverable == Deliverable::patch;
  subject.instruction = instructions_of(task.shown);
  if (const auto* tests = std::get_if<PatchGrading>(&task.hidden.grading)) {
    subject.tests = files_of(tests->test_patch);
  }
  const std::vector<Finding> findings = audit(subject);
  writer.record_findings(attempt.trial, attempt.number, findings);
  const bool graded =
      attempt.outcome == Outcome::resolved || attempt.outcome == Outcome::unresolved;
  const std::string reason = void_reason(findings);
  if (!strict || !graded || reason.empty()) return;
  attempt.outcome = Outcome::invalid;
  attempt.message = reason;
}

}  // namespace weir
