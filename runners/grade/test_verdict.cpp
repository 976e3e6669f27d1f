#include <algorithm>

#include "runners/grade/grader.hpp"

namespace weir {
namespace {

enum class Kind { passed, skipped, failed };

Kind kind_of(const std::string& status) {
  if (status == "PASSED" || status == "XFAIL") return Kind::passed;
  return status == "SKIPPED" ? Kind::skipped : Kind::failed;
}

/// Exact, or by prefix for an id that was cut inside its parameter.
Kind look_up(const TestStatuses& statuses, const std::string& id) {
  const auto exact = statuses.find(id);
  if (exact != statuses.end()) return kind_of(exact->second);
  if (std::count(id.begin(), id.end(), '[') <= std::count(id.begin(), id.end(), ']')) {
    return Kind::failed;
  }
  bool found = false;
  Kind agreed = Kind::failed;
  for (auto at = statuses.lower_bound(id); at != statuses.end(); ++at) {
    if (at->first.compare(0, id.size(), id) != 0) break;
    const Kind kind = kind_of(at->second);
    if (found && (kind == Kind::passed) != (agreed == Kind::passed)) return Kind::failed;
    agreed = kind;
    found = true;
  }
  return agreed;
}

}  // namespace

TestVerdict judge_tests(const TestStatuses& statuses, const PatchGrading& grading) {
  TestVerdict verdict;
  for (const auto& id : grading.fail_to_pass) {
    if (look_up(statuses, id) != Kind::passed) verdict.fail_to_pass_failed.push_back(id);
  }
  for (const auto& id : grading.pass_to_pass) {
    if (look_up(statuses, id) == Kind::failed) verdict.pass_to_pass_failed.push_back(id);
  }
  return verdict;
}

}  // namespace weir
