#include "harness/calibration/confirm.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "harness/calibration/log_checks.hpp"
#include "harness/calibration/settled_policy.hpp"
#include "results/arm_role.hpp"
#include "results/statistics/distributions.hpp"
#include "results/statistics/proportion.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

/// Whether `arm` runs the explored policy at some one threshold, under the same conditions.
bool is_settled(const Arm& arm, const RunLog& explored) {
  const Arm& first = explored.arms.front();
  const Policy policy = parse_policy(arm.config.config + "'s policy", arm.config.policy);
  return policy.grid.empty() && !policy.external &&
         settled_policy(arm.config.policy, policy.threshold) ==
             settled_policy(first.config.policy, policy.threshold) &&
         arm.config.tiers == first.config.tiers &&
         arm.config.agent_sha256 == first.config.agent_sha256 &&
         limits_of(arm.run) == limits_of(first.run);
}

Arm confirming_arm(const Reader& reader, const Run& run, const RunLog& explored) {
  if (!run.finished_at) {
    throw UserError(fmt::format("--confirm: run {} is not finished: weir resume {}",
                                run.id.substr(0, 12), run.id.substr(0, 12)));
  }
  std::vector<Arm> found;
  for (auto& arm : reader.arms(run)) {
    if (role_of(arm.config).kind != ArmKind::cascade) continue;
    if (is_settled(arm, explored)) found.push_back(std::move(arm));
  }
  if (found.size() == 1) return found.front();
  throw UserError(
      fmt::format("--confirm: of run {}'s cascades {} run the explored policy at one threshold, "
                  "with the explored models, agent and limits; it takes exactly one",
                  run.id.substr(0, 12), found.size()));
}

std::set<std::string> contents_of(const RunLog& explored) {
  std::set<std::string> contents;
  for (const auto& arm : explored.arms) {
    for (const auto& [task, sha256] : arm.tasks) contents.insert(sha256);
  }
  return contents;
}

}  // namespace

Confirmation confirm(const Reader& reader, const Run& run, const RunLog& explored,
                     const CalibrationRequest& request, double target) {
  Confirmation found;
  found.arm = confirming_arm(reader, run, explored);
  found.formats = formats_of(reader, run);
  found.threshold = parse_policy("the policy", found.arm.config.policy).threshold;
  found.place = place_of(explored.log.grid, found.threshold);
  const auto seen_before = contents_of(explored);
  std::map<std::string, const TrialSummary*> fresh;  // by content: one attempt of each
  std::set<std::string> not_fresh;
  for (const auto& trial : found.arm.trials) {
    const auto content = found.arm.tasks.find(trial.task);
    if (content == found.arm.tasks.end() || content->second.empty()) {
      throw UserError(
          fmt::format("--confirm: the content of task {} is not recorded, so nobody can tell "
                      "whether it is fresh",
                      trial.task));
    }
    if (seen_before.count(content->second) > 0) {
      not_fresh.insert(content->second);
      continue;
    }
    const auto [place, first] = fresh.emplace(content->second, &trial);
    if (!first && is_missing(place->second->outcome)) place->second = &trial;
  }
  found.not_fresh = static_cast<int>(not_fresh.size());
  Spend spend;
  for (const auto& [content, trial] : fresh) {
    const bool missing = is_missing(trial->outcome);
    found.missing += missing ? 1 : 0;
    if (missing && !request.missing_unresolved) continue;
    ++found.tasks;
    found.resolved += trial->outcome == Outcome::resolved ? 1 : 0;
    if (!missing) spend.add(trial->cost_pusd);
  }
  if (found.tasks < kLeastTasks) {
    throw UserError(
        fmt::format("--confirm: {} fresh tasks with an outcome are too few ({} were explored "
                    "before, {} have no outcome): at least {} are needed",
                    found.tasks, found.not_fresh, found.missing, kLeastTasks));
  }
  found.p = binomial_cdf(found.tasks - found.resolved, found.tasks, 1 - target);
  found.lower = clopper_pearson_lower(found.resolved, found.tasks, request.delta);
  found.certified = found.p <= request.delta;
  if (const auto whole = spend.whole()) {
    found.usd = static_cast<double>(*whole) / 1e12 / found.tasks;
  }
  return found;
}

}  // namespace weir
