#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/temporary_folder.hpp"

namespace weir {

/// The real binary, run to its end.
struct Ran {
  int exit_code = 0;
  std::string out;
  std::string err;
};
[[nodiscard]] Ran run_weir(std::vector<std::string> arguments, std::vector<std::string> env = {});

/// The real binary, going on by itself; output goes nowhere.
[[nodiscard]] pid_t start_weir(const std::vector<std::string>& arguments);
/// Waits for it: its exit code, or 128 and the signal.
int wait_for(pid_t pid);

/// First cell of a query over a database, by the binary itself.
[[nodiscard]] std::string sql(const std::filesystem::path& db, const std::string& query);

/// Everything about a run that must not depend on --jobs, on kills or on the
/// clock: outcomes, decisions, tokens, costs. One string, equal iff they are.
[[nodiscard]] std::string essence(const std::filesystem::path& db);

inline const std::string kExperiment = WEIR_SOURCE_DIR "/tasks/suites/first_steps.toml";

[[nodiscard]] bool boxes_work();

}  // namespace weir
