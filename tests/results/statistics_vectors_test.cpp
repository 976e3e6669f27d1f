// Every function of the statistics against cases computed elsewhere: our own
// fixture, the shared file where it is, and the file WEIR_STATS_VECTORS names.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "results/statistics/clusters.hpp"
#include "results/statistics/discrimination.hpp"
#include "results/statistics/distributions.hpp"
#include "results/statistics/multiplicity.hpp"
#include "results/statistics/off_policy.hpp"
#include "results/statistics/paired.hpp"
#include "results/statistics/power.hpp"
#include "results/statistics/proportion.hpp"
#include "results/statistics/risk_control.hpp"
#include "results/statistics/sequential.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;
using Numbers = std::vector<double>;
using Integers = std::vector<int>;

json pair(const Interval& interval) {
  return {interval.low, interval.high};
}

double level(const json& in) {
  return 1 - in.at("alpha").get<double>();
}

json weighted(const Weighted& w) {
  return {{"ips", w.ips},           {"ips_se", w.ips_se}, {"snips", w.snips},
          {"snips_se", w.snips_se}, {"ess", w.ess},       {"max_w", w.max_weight},
          {"mean_w", w.mean_weight}};
}

std::vector<LoggedTrajectory> trajectories(const json& in) {
  std::vector<LoggedTrajectory> log;
  for (const auto& trajectory : in) {
    auto& own = log.emplace_back();
    for (const auto& step : trajectory) {
      own.push_back({step[0], step[1], step.size() > 2 ? step[2].get<double>() : 0,
                     step.size() > 3 ? step[3].get<double>() : 0});
    }
  }
  return log;
}

json threshold_weights(const json& in) {
  std::vector<ThresholdRun> runs;
  Numbers rewards;
  for (const auto& run : in.at("runs_signals_escalated_reward")) {
    runs.push_back({run[0].get<Numbers>(), run[1].get<Integers>(), run[2].get<double>()});
    rewards.push_back(runs.back().reward);
  }
  const Numbers weights =
      consistent_weights(runs, in.at("grid").get<Numbers>(), in.at("probs").get<Numbers>(),
                         in.at("evaluate_index").get<std::size_t>());
  const Weighted w = importance_weighted(weights, rewards);
  return {{"weights", weights}, {"ips", w.ips}, {"snips", w.snips}, {"ess", w.ess}};
}

json doubly_robust_of(const json& in) {
  std::vector<LoggedAction> log;
  for (std::size_t i = 0; i < in.at("a").size(); ++i) {
    log.push_back({in.at("a")[i], in.at("target_p1")[i], in.at("logging_p1")[i], in.at("r")[i],
                   in.at("q0")[i], in.at("q1")[i]});
  }
  const PolicyValue estimate = doubly_robust(log);
  return {{"dr", estimate.value}, {"se", estimate.se}};
}

using Function = std::function<json(const json&)>;

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> all = {
      {"wilson_ci", [](const json& in) { return pair(wilson(in.at("k"), in.at("n"), level(in))); }},
      {"clopper_pearson_ci",
       [](const json& in) { return pair(clopper_pearson(in.at("k"), in.at("n"), level(in))); }},
      {"clopper_pearson_lower",
       [](const json& in) {
         return clopper_pearson_lower(in.at("k"), in.at("n"), in.at("alpha"));
       }},
      {"clopper_pearson_upper",
       [](const json& in) {
         return clopper_pearson_upper(in.at("k"), in.at("n"), in.at("alpha"));
       }},
      {"jeffreys_ci",
       [](const json& in) { return pair(jeffreys(in.at("k"), in.at("n"), level(in))); }},
      {"flaky_posterior_mass",
       [](const json& in) { return flaky_posterior_mass(in.at("passes"), in.at("trials")); }},
      {"mcnemar_exact", [](const json& in) { return mcnemar_exact(in.at("b"), in.at("c")); }},
      {"mcnemar_midp", [](const json& in) { return mcnemar_midp(in.at("b"), in.at("c")); }},
      {"fisher_exact",
       [](const json& in) {
         return fisher_exact(in.at("hits_a"), in.at("n_a"), in.at("hits_b"), in.at("n_b"));
       }},
      {"pass_at_k", [](const json& in) { return pass_at_k(in.at("n"), in.at("c"), in.at("k")); }},
      {"pass_hat_k", [](const json& in) { return pass_hat_k(in.at("n"), in.at("c"), in.at("k")); }},
      {"clustered_mean_se",
       [](const json& in) -> json {
         const auto m = clustered_mean(in.at("clusters").get<std::vector<Numbers>>());
         return {{"mean", m.mean},
                 {"se_iid", m.se_iid},
                 {"se_cr0", m.se_cr0},
                 {"se_cr1", m.se_cr1},
                 {"deff_cr0", m.deff_cr0}};
       }},
      {"icc_anova_deff",
       [](const json& in) -> json {
         const auto icc = icc_anova(in.at("clusters").get<std::vector<Numbers>>());
         return {{"icc", icc.icc}, {"deff", icc.deff}, {"n_eff", icc.n_eff}};
       }},
      {"paired_diff",
       [](const json& in) -> json {
         const auto d = paired_difference(in.at("a").get<Numbers>(), in.at("b").get<Numbers>());
         return {{"diff", d.diff}, {"se", d.se}, {"corr", d.corr}, {"t_ci95", pair(d.interval)}};
       }},
      {"sign_flip_permutation_exact",
       [](const json& in) { return sign_flip(in.at("d").get<Numbers>(), 1); }},
      {"power_paired_mcnemar_normal",
       [](const json& in) {
         return paired_power(in.at("p01"), in.at("p10"), in.at("n"), in.at("alpha"));
       }},
      {"sample_size_paired_mcnemar_normal",
       [](const json& in) {
         return paired_sample_size(in.at("p01"), in.at("p10"), in.at("alpha"), in.at("power"));
       }},
      {"mde_normal",
       [](const json& in) {
         return minimum_detectable(in.at("sd_diff"), in.at("n"), in.at("alpha"), in.at("power"));
       }},
      {"noninferiority_sample_size",
       [](const json& in) {
         return noninferiority_sample_size(in.at("sd_diff"), in.at("margin"), in.at("alpha"),
                                           in.at("power"));
       }},
      {"noninferiority_paired_wald",
       [](const json& in) -> json {
         const auto t = noninferiority_wald(in.at("b_base_only"), in.at("c_new_only"), in.at("n"),
                                            in.at("margin"), in.at("alpha"));
         return {{"diff", t.diff}, {"se", t.se}, {"z", t.z}, {"p", t.p}, {"lower", t.lower}};
       }},
      {"paired_diff_tango_ci",
       [](const json& in) {
         return pair(tango(in.at("b_base_only"), in.at("c_new_only"), in.at("n"), level(in)));
       }},
      {"holm_adjust", [](const json& in) { return holm(in.at("p").get<Numbers>()); }},
      {"bh_adjust", [](const json& in) { return benjamini_hochberg(in.at("p").get<Numbers>()); }},
      {"hoeffding_bentkus_p",
       [](const json& in) { return hoeffding_bentkus(in.at("rhat"), in.at("n"), in.at("alpha")); }},
      {"ltt_fixed_sequence_binomial",
       [](const json& in) -> json {
         const auto s = fixed_sequence(in.at("fails").get<Integers>(), in.at("n").get<Integers>(),
                                       in.at("alpha"), in.at("delta"));
         return {{"p", s.p}, {"last_certified_index", s.last_certified}};
       }},
      {"conformal_risk_control_index",
       [](const json& in) {
         return conformal_risk_control(in.at("losses_by_lambda").get<std::vector<Numbers>>(),
                                       in.at("alpha"), in.at("B"))
             .value_or(-1);
       }},
      {"wsr_betting_lower",
       [](const json& in) { return betting_lower(in.at("x").get<Numbers>(), in.at("alpha")); }},
      {"ips_snips_ess",
       [](const json& in) {
         std::optional<double> clip;
         if (in.contains("clip")) clip = in.at("clip").get<double>();
         return weighted(
             importance_weighted(in.at("w").get<Numbers>(), in.at("r").get<Numbers>(), clip));
       }},
      {"dr_contextual", doubly_robust_of},
      {"is_pdis_cwpdis",
       [](const json& in) -> json {
         const auto e = trajectory_estimates(trajectories(in.at("traj_rho_r")));
         return {{"is", e.is}, {"pdis", e.pdis}, {"cwpdis", e.cwpdis}};
       }},
      {"dr_stepwise",
       [](const json& in) -> json {
         const auto e = stepwise_doubly_robust(trajectories(in.at("traj_rho_r_q_v")));
         return {{"dr", e.value}, {"per_traj", e.per_trajectory}};
       }},
      {"consistent_set_ips", threshold_weights},
      {"pareto_hull",
       [](const json& in) -> json {
         const auto hull =
             concave_hull(in.at("points_cost_quality").get<std::vector<CostQuality>>());
         return {{"hull", hull.points}, {"area", hull.area}, {"mean_quality", hull.mean_quality}};
       }},
      {"sprt_bernoulli",
       [](const json& in) -> json {
         const auto s = sprt(in.at("x").get<Integers>(), in.at("p0"), in.at("p1"), in.at("alpha"),
                             in.at("beta"));
         const char* decision = s.decision == SprtDecision::accept_h1   ? "accept_h1"
                                : s.decision == SprtDecision::accept_h0 ? "accept_h0"
                                                                        : "continue";
         return {{"llr", s.llr}, {"t", s.t}, {"decision", decision}};
       }},
      {"brier_ece",
       [](const json& in) -> json {
         const auto c = calibration_error(in.at("p").get<Numbers>(), in.at("y").get<Integers>(),
                                          in.at("bins"));
         return {{"brier", c.brier}, {"ece", c.ece}};
       }},
      {"auroc_midrank",
       [](const json& in) {
         return auroc(in.at("score").get<Numbers>(), in.at("y").get<Integers>());
       }},
      {"vote_split",
       [](const json& in) -> json {
         const auto s = vote_split(in.at("counts").get<Integers>());
         return {{"entropy_nats", s.entropy},
                 {"entropy_norm", s.normalized},
                 {"margin", s.margin},
                 {"plurality", s.plurality}};
       }},
  };
  return all;
}

/// Every number of `expected` stands in `got`, at the same place.
void expect_near(const json& got, const json& expected, double tolerance,
                 const std::string& where) {
  if (expected.is_number()) {
    ASSERT_TRUE(got.is_number()) << where << ": " << got.dump();
    EXPECT_NEAR(got.get<double>(), expected.get<double>(), tolerance) << where;
  } else if (expected.is_array()) {
    ASSERT_TRUE(got.is_array() && got.size() == expected.size()) << where << ": " << got.dump();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expect_near(got[i], expected[i], tolerance, where + "/" + std::to_string(i));
    }
  } else if (expected.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      ASSERT_TRUE(got.contains(key)) << where << ": no " << key;
      expect_near(got.at(key), value, tolerance, where + "/" + key);
    }
  } else {
    EXPECT_EQ(got, expected) << where;
  }
}

void check(const std::filesystem::path& file) {
  const json cases = json::parse(read_file(file)).at("cases");
  ASSERT_FALSE(cases.empty()) << file;
  for (const auto& one : cases) {
    const std::string id = one.at("id");
    const auto function = functions().find(one.at("fn").get<std::string>());
    if (function == functions().end()) {
      ADD_FAILURE() << id << ": unknown fn " << one.at("fn");
      continue;
    }
    try {
      expect_near(function->second(one.at("in")), one.at("out"), one.at("tol"), id);
    } catch (const std::exception& error) {
      ADD_FAILURE() << id << ": " << error.what();
    }
  }
}

TEST(StatisticsVectors, OwnFixture) {
  check(WEIR_SOURCE_DIR "/tests/fixtures/statistics.json");
}

TEST(StatisticsVectors, SharedFile) {
  const std::filesystem::path file = std::string(WEIR_SHARED_DATA) + "/stats/vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  check(file);
}

TEST(StatisticsVectors, NamedFile) {
  const char* file = std::getenv("WEIR_STATS_VECTORS");
  if (file == nullptr || *file == '\0') GTEST_SKIP() << "WEIR_STATS_VECTORS names no file";
  check(file);
}

TEST(StatisticsVectors, OwnFixtureHasACaseOfEveryFunction) {
  std::map<std::string, int> seen;
  const json cases =
      json::parse(read_file(WEIR_SOURCE_DIR "/tests/fixtures/statistics.json")).at("cases");
  for (const auto& one : cases) ++seen[one.at("fn").get<std::string>()];
  for (const auto& [name, unused] : functions()) EXPECT_GT(seen[name], 0) << name;
}

}  // namespace
}  // namespace weir
