#include "runners/grade/run_report.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace weir {
namespace {

using Ids = std::set<std::string>;

struct Sorted {
  Ids submitted, completed, incomplete, resolved, unresolved, empty_patch, error;
  Ids infra_failure, ambiguous_failure;
  std::map<std::string, std::string> reasons;
};

void sort_in(const InstanceResult& result, Sorted& ids) {
  const std::string& id = result.instance_id;
  const InstanceState state = result.state;
  const bool bad = state == InstanceState::bad_report;
  const bool error = bad || state == InstanceState::no_report;
  const bool resolved = state == InstanceState::resolved;
  const bool unresolved = state == InstanceState::unresolved;
  if (state == InstanceState::incomplete) {
    ids.incomplete.insert(id);
    return;
  }
  ids.submitted.insert(id);
  if (state == InstanceState::empty_patch) ids.empty_patch.insert(id);
  if (resolved) ids.resolved.insert(id);
  if (unresolved) ids.unresolved.insert(id);
  if (error) ids.error.insert(id);
  if (resolved || unresolved || bad) ids.completed.insert(id);
  if (result.failure && (unresolved || error)) {
    ids.reasons[id] = result.failure->name;
    const bool environment = result.failure->tier == FailureTier::environment;
    (environment ? ids.infra_failure : ids.ambiguous_failure).insert(id);
  }
}

}  // namespace

nlohmann::ordered_json run_report(const std::vector<InstanceResult>& results,
                                  const std::vector<std::string>& foreign_ids) {
  Sorted ids;
  for (const auto& result : results) sort_in(result, ids);
  ids.submitted.insert(foreign_ids.begin(), foreign_ids.end());
  return {{"total_instances", results.size()},
          {"submitted_instances", ids.submitted.size()},
          {"completed_instances", ids.completed.size()},
          {"resolved_instances", ids.resolved.size()},
          {"unresolved_instances", ids.unresolved.size()},
          {"infra_failure_instances", ids.infra_failure.size()},
          {"ambiguous_failure_instances", ids.ambiguous_failure.size()},
          {"empty_patch_instances", ids.empty_patch.size()},
          {"error_instances", ids.error.size()},
          {"completed_ids", ids.completed},
          {"incomplete_ids", ids.incomplete},
          {"empty_patch_ids", ids.empty_patch},
          {"submitted_ids", ids.submitted},
          {"resolved_ids", ids.resolved},
          {"unresolved_ids", ids.unresolved},
          {"infra_failure_ids", ids.infra_failure},
          {"ambiguous_failure_ids", ids.ambiguous_failure},
          {"failure_reasons", ids.reasons},
          {"error_ids", ids.error},
          {"schema_version", 2}};
}

}  // namespace weir
