#pragma once

#include "runners/grade/named_statuses.hpp"
#include "runners/grade/test_evidence.hpp"

namespace weir {

/// Judges a run by its data set's own rule (grading.rule; not SWE-bench's):
///   Pro   each listed test is PASSED, by any of its lines
///   Live  each of FAIL_TO_PASS passed, and no listed test failed: what is missing has not
/// `read` is what the data set's program, or a parser in its place, made of the log. Over the rule
/// stand the witnesses there are: the exit code, which must not speak of a failure nobody names;
/// tests that are reported both ways; a harness's markers; a log cut short; and of pytest its
/// closing words, held against what is listed where the command runs it once. Of other runners
/// nothing but the log says that they ended. What they contradict is `invalid`; they never help.
/// Pure.
[[nodiscard]] TestEvidence judge_by_rule(const ExecResult& run, const NamedStatuses& read,
                                         const AgentTask& task, const PatchGrading& grading);

}  // namespace weir
