#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

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
  std::vector<std::string> tiers;  ///< model names, cheapest first
  Policy policy;
};

struct ExperimentLimits {
  int turns = 250;
  std::optional<std::int64_t> tokens;
  milliseconds command{60'000};
  milliseconds wall{0};
  std::optional<double> run_usd;
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
};

/// An experiment file, read and checked: suites x configs x attempts.
struct Experiment {
  std::string name;
  std::vector<std::filesystem::path> suites;
  std::vector<ConfigSpec> configs;
  std::map<std::string, ModelSpec> models;
  int attempts = 1;
  std::uint64_t seed = 1;
  ExperimentLimits limits;
  SuiteSources sources;
  std::vector<std::string> task_globs;
  std::filesystem::path price_book;  ///< "" = bundled
  PriceView price_view;
  BoxLimits box_limits;

  /// What a run stores of it, enough to read it again: see experiment_from_spec.
  nlohmann::json spec;

  [[nodiscard]] bool simulated() const;
};

/// Reads an experiment. Throws UserError with file, line and key.
[[nodiscard]] Experiment load_experiment(const std::filesystem::path& file,
                                         const Overrides& overrides);

/// The experiment as it was when a run stored `spec`; files it named then are
/// not read again, except suites and the price book.
[[nodiscard]] Experiment experiment_from_spec(const nlohmann::json& spec);

}  // namespace weir
