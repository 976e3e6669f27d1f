#include "runners/grade/grader.hpp"
#include "runners/grade/test_lookup.hpp"

namespace weir {

TestVerdict judge_tests(const TestStatuses& statuses, const PatchGrading& grading) {
  TestLookup lookup(statuses);
  TestVerdict verdict;
  for (const auto& id : grading.fail_to_pass) {
    if (lookup.outcome_of(id) != TestOutcome::passed) verdict.fail_to_pass_failed.push_back(id);
  }
  for (const auto& id : grading.pass_to_pass) {
    const TestOutcome outcome = lookup.outcome_of(id);
    const bool kept = outcome == TestOutcome::passed || outcome == TestOutcome::skipped;
    if (!kept) verdict.pass_to_pass_failed.push_back(id);
  }
  return verdict;
}

}  // namespace weir
