#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/agent/agent_kinds.hpp"
#include "harness/model/model.hpp"
#include "harness/router/policy.hpp"
#include "results/prices.hpp"
#include "runners/sandbox.hpp"
#include "tasks/config_file.hpp"
#include "tasks/format.hpp"

namespace weir {

/// One arm of an experiment.
struct ConfigSpec {
  std::string name;
  std::string agent = "bash";
  const AgentKind* kind = nullptr;  ///< the agent's, never null once read
  std::vector<std::string> tiers;  ///< model names, cheapest first
  Policy policy;

  /// Several where a threshold tree runs all of its grid.
  [[nodiscard]] int trials_per_attempt() const {
    return policy.tree ? static_cast<int>(policy.grid.size()) : 1;
  }
};

struct ExperimentLimits {
  int turns = 250;
  std::optional<std::int64_t> tokens;
  milliseconds command{60'000};
  milliseconds wall{0};      ///< working time: waits for places and rate limits excluded
  milliseconds elapsed{0};   ///< by the clock on the wall
  std::optional<double> usd;      ///< per trial; censors the dearer arm, so rarely wanted
  std::optional<double> run_usd;
  std::int64_t free_context = 8000;  ///< tokens; with less left, an agent that can sums up
  int retries = 1;  ///< new tries of a trial that ended in a provider or infra error
};

/// What the command line sets over the file.
struct Overrides {
  std::vector<std::string> suites;   ///< absolute paths
  std::vector<std::string> configs;
  std::vector<std::string> tasks;    ///< globs
  std::optional<int> attempts;
  std::optional<std::uint64_t> seed;
  std::optional<double> max_usd;
  std::string name;
  bool strict_integrity = false;
  std::string network;             ///< "" = as the file says
  std::filesystem::path cassette;  ///< database that replays where a model names none
};

/// An experiment file, read and checked: suites x configs x attempts.
struct Experiment {
  std::string name;
  std::vector<std::filesystem::path> suites;
  std::vector<ConfigSpec> configs;
  std::map<std::string, ModelSpec> models;
  int attempts = 1;
  std::uint64_t seed = 1;
  bool cache_nonce = false;  ///< each trial's prompt begins with a text of its own
  bool canary = false;       ///< fixed prompts before and after
  bool strict_integrity = false;  ///< tries that meant to bend their grading are invalid
  ExperimentLimits limits;
  SuiteSources sources;
  std::vector<std::string> task_globs;
  std::filesystem::path price_book;      ///< "" = bundled
  std::filesystem::path price_fallback;  ///< a LiteLLM cost map, or ""
  PriceView price_view;
  SandboxChoice sandbox;

  /// What a run stores of it, enough to read it again: see experiment_from_spec.
  nlohmann::json spec;

  [[nodiscard]] bool simulated() const;
  /// Names of the models its configs use, each once.
  [[nodiscard]] std::set<std::string> models_in_use() const;
};

/// Reads an experiment. Throws UserError with file, line and key.
[[nodiscard]] Experiment load_experiment(const std::filesystem::path& file,
                                         const Overrides& overrides);

/// The experiment's price book, its fallback behind it, read as it says. Throws
/// UserError.
[[nodiscard]] PriceBook load_prices(const Experiment& experiment);

/// A dollar limit as money. Throws UserError naming `what` unless it is a number
/// from 0, less than a million.
[[nodiscard]] Picodollars dollar_limit(double usd, const std::string& what);

/// The experiment as it was when a run stored `spec`; files it named then are
/// not read again, except suites and the price book.
/// `cassette` as in Overrides.
[[nodiscard]] Experiment experiment_from_spec(const nlohmann::json& spec,
                                              const std::filesystem::path& cassette);

}  // namespace weir
