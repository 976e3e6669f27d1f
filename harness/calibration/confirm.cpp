#include "harness/calibration/confirm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <set>

#include "harness/calibration/certified_policy.hpp"
#include "harness/calibration/log_checks.hpp"
#include "results/arm_role.hpp"
#include "results/statistics/distributions.hpp"
#include "results/statistics/proportion.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

std::string cascade_of(const Reader& reader, const Run& run, const std::string& named) {
  std::vector<std::string> names;
  for (const auto& config : reader.configs(run.id)) {
    if (!named.empty() && config.config != named) continue;
    if (role_of(config).kind == ArmKind::cascade) names.push_back(config.config);
  }
  if (names.size() == 1) return names.front();
  throw UserError(fmt::format("--confirm: run {} has {} cascades{}; name one with --config",
                              run.id.substr(0, 12), names.size(),
                              names.empty() ? "" : fmt::format(": {}", fmt::join(names, ", "))));
}

void check_policy(const Arm& arm, const RunLog& explored, double threshold) {
  const Arm& first = explored.arms.front();
  const bool same = settled_policy(arm.config.policy, threshold) ==
                        settled_policy(first.config.policy, threshold) &&
                    arm.config.tiers == first.config.tiers &&
                    arm.config.agent_sha256 == first.config.agent_sha256 &&
                    limits_of(arm.run) == limits_of(first.run);
  if (same) return;
  throw UserError(
      fmt::format("--confirm: run {}'s policy, models, agent or limits differ from the explored ones in "
                  "more than the threshold: it confirms something else",
                  arm.run.id.substr(0, 12)));
}

std::set<std::string> contents_of(const RunLog& explored) {
  std::set<std::string> contents;
  for (const auto& arm : explored.arms) {
    for (const auto& [task, sha256] : arm.tasks) contents.insert(sha256);
  }
  return contents;
}

}  // namespace

Confirmation confirm(const Reader& reader, const Run& run, const std::string& config,
                     const RunLog& explored, double target, double delta) {
  const Arm arm = reader.arm(run, cascade_of(reader, run, config), "");
  const Policy policy = parse_policy(arm.config.config + "'s policy", arm.config.policy);
  if (!policy.grid.empty()) {
    throw UserError("--confirm: that run explores; confirm the one threshold that was chosen");
  }
  check_policy(arm, explored, policy.threshold);
  const auto seen_before = contents_of(explored);
  Confirmation found;
  found.run = run.id;
  found.threshold = policy.threshold;
  for (std::size_t k = 0; k < explored.log.grid.size(); ++k) {
    if (std::abs(explored.log.grid[k] - policy.threshold) < 1e-9) found.place = k;
  }
  std::set<std::string> seen;
  std::set<std::string> not_fresh;
  Spend spend;
  for (const auto& trial : arm.trials) {
    if (is_missing(trial.outcome)) continue;
    const auto content = arm.tasks.find(trial.task);
    if (content == arm.tasks.end() || content->second.empty()) {
      throw UserError(fmt::format(
          "--confirm: the content of task {} is not recorded, so nobody can tell whether it is fresh",
          trial.task));
    }
    if (seen_before.count(content->second) > 0) {
      not_fresh.insert(content->second);
      continue;
    }
    if (!seen.insert(content->second).second) continue;  // one attempt of each
    ++found.tasks;
    found.resolved += trial.outcome == Outcome::resolved ? 1 : 0;
    spend.add(trial.cost_pusd);
  }
  found.not_fresh = static_cast<int>(not_fresh.size());
  if (found.tasks < kLeastTasks) {
    throw UserError(fmt::format(
        "--confirm: {} fresh tasks with an outcome are too few ({} were explored before): at least "
        "{} are needed",
        found.tasks, found.not_fresh, kLeastTasks));
  }
  found.p = binomial_cdf(found.tasks - found.resolved, found.tasks, 1 - target);
  found.lower = clopper_pearson_lower(found.resolved, found.tasks, delta);
  found.certified = found.p <= delta;
  if (const auto whole = spend.whole()) found.usd = static_cast<double>(*whole) / 1e12 / found.tasks;
  return found;
}

}  // namespace weir
