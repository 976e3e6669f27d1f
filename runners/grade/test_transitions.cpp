#include "runners/grade/test_transitions.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace weir {
namespace {

using Reading = TestStatuses ReadRun::*;

enum class Kind { other, fail_to_pass, pass_to_pass, pass_to_fail, flaky };
using Kinds = std::map<std::string, Kind>;

std::string status_in(const TestStatuses& statuses, const std::string& id) {
  const auto found = statuses.find(id);
  return found == statuses.end() ? std::string() : found->second;
}

/// The status that all runs agree on ("" = absent from all); nothing if they do not.
std::optional<std::string> agreed(const std::vector<ReadRun>& runs, Reading reading,
                                  const std::string& id) {
  const std::string first = status_in(runs.front().*reading, id);
  const bool same = std::all_of(runs.begin(), runs.end(), [&](const ReadRun& run) {
    return status_in(run.*reading, id) == first;
  });
  return same ? std::optional(first) : std::nullopt;
}

bool is_red(const std::string& status) {
  return status.empty() || status == "FAILED" || status == "ERROR";
}

Kind kind_of(const std::optional<std::string>& before, const std::optional<std::string>& after) {
  if (!before || !after) return Kind::flaky;
  if (*after == "PASSED") {
    return is_red(*before)       ? Kind::fail_to_pass
           : *before == "PASSED" ? Kind::pass_to_pass
                                 : Kind::other;
  }
  return *before == "PASSED" && is_red(*after) ? Kind::pass_to_fail : Kind::other;
}

Kinds read_kinds(const std::vector<ReadRun>& before, const std::vector<ReadRun>& after,
                 Reading reading) {
  Kinds kinds;
  for (const auto* runs : {&before, &after}) {
    for (const auto& run : *runs) {
      for (const auto& [id, status] : run.*reading) kinds[id] = Kind::other;
    }
  }
  for (auto& [id, kind] : kinds) {
    kind = kind_of(agreed(before, reading, id), agreed(after, reading, id));
  }
  return kinds;
}

Kind kind_in(const Kinds& kinds, const std::string& id) {
  const auto found = kinds.find(id);
  return found == kinds.end() ? Kind::other : found->second;
}

}  // namespace

TestTransitions find_transitions(const std::vector<ReadRun>& before,
                                 const std::vector<ReadRun>& after) {
  TestTransitions found;
  if (before.empty() || after.empty()) return found;
  const Kinds official = read_kinds(before, after, &ReadRun::official);
  const Kinds strict = read_kinds(before, after, &ReadRun::strict);
  std::set<std::string> ids;
  for (const auto* kinds : {&official, &strict}) {
    for (const auto& [id, kind] : *kinds) ids.insert(id);
  }
  for (const auto& id : ids) {
    const Kind graded = kind_in(official, id);
    const Kind said = kind_in(strict, id);
    const auto either = [&](Kind kind) { return graded == kind || said == kind; };
    if (either(Kind::flaky)) {
      found.flaky.push_back(id);
    } else if (graded != said && (either(Kind::fail_to_pass) || either(Kind::pass_to_pass))) {
      found.unclear.push_back(id);
    } else if (graded == Kind::fail_to_pass) {
      found.fail_to_pass.push_back(id);
    } else if (graded == Kind::pass_to_pass) {
      found.pass_to_pass.push_back(id);
    } else if (either(Kind::pass_to_fail)) {
      found.pass_to_fail.push_back(id);
    }
  }
  return found;
}

}  // namespace weir
