#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/experiment.hpp"
#include "tasks/task.hpp"

namespace weir {

/// How the certificates of an experiment's policies stand in this run: for its facts,
/// and as lines to shout.
struct Certificates {
  std::vector<std::string> shouts;
  std::vector<std::pair<std::string, std::string>> standings;  ///< config -> JSON text
  [[nodiscard]] nlohmann::json facts() const;
};

/// Holds every certificate against what the run is. Throws UserError for one that
/// was made on simulated models where a real one would be asked.
[[nodiscard]] Certificates check_certificates(const Experiment& experiment,
                                              const std::vector<Task>& tasks,
                                              const std::string& prices_sha256);

/// What a certificate binds of one config, as this run has it, but for who serves.
[[nodiscard]] std::map<std::string, std::string> certificate_bindings(const Experiment& experiment,
                                                                      const ConfigSpec& config);
/// Which tasks of its suites an experiment takes: its globs, sorted; "" = all.
[[nodiscard]] std::string filter_text(const Experiment& experiment);
/// The population of a run's tasks: format, source, filter.
[[nodiscard]] std::map<std::string, std::string> task_population(const Experiment& experiment,
                                                                 const std::vector<Task>& tasks);

}  // namespace weir
