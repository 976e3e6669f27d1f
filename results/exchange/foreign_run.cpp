#include "results/exchange/foreign_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/exchange/atif.hpp"
#include "results/exchange/harbor_results.hpp"
#include "results/exchange/outcomes.hpp"
#include "results/exchange/terminal_bench_results.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// A JSON file as it is read; every file read with it goes into one digest.
struct Input {
  fs::path file;
  json value;
  Digest& digest;
  std::string name;  ///< of the run, and of what has no other name
};

std::string read_into(Digest& digest, const fs::path& file) {
  std::string bytes = read_file(file);
  digest.add(bytes);
  return bytes;
}

json parsed(const std::string& bytes, const fs::path& file) {
  try {
    return json::parse(bytes);
  } catch (const json::parse_error& error) {
    throw UserError(fmt::format("{}: is no JSON: {}", file.string(), error.what()));
  }
}

/// Regular files named `name` one folder below, sorted.
std::vector<fs::path> files_named(const fs::path& folder, const std::string& name) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::is_regular_file(entry.path() / name)) found.push_back(entry.path() / name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

ForeignOutcomes read_one_trajectory(Input& input) {
  return read_atif(input.value, input.file.string(), input.name);
}

/// A trial's file does not count its turns; its trajectory does, where it is whole.
void count_turns(const fs::path& trial, Digest& digest, ForeignOutcomes& outcomes) {
  const fs::path file = trial.parent_path() / "agent" / "trajectory.json";
  if (!fs::is_regular_file(file)) return;
  try {
    const json value = parsed(read_into(digest, file), file);
    if (value.contains("continued_trajectory_ref")) return;
    const ForeignTrial counted = read_atif(value, file.string(), "").trials.at(0);
    outcomes.trials.back().turns = counted.turns;
    outcomes.trials.back().calls = counted.calls;
  } catch (const UserError& error) {
    outcomes.notes.push_back(fmt::format("{}; its turns stay unknown", error.what()));
  }
}

ForeignOutcomes read_trial(Input& input) {
  ForeignOutcomes outcomes;
  read_harbor_trial(input.value, input.file.string(), outcomes);
  count_turns(input.file, input.digest, outcomes);
  number_attempts(outcomes.trials);
  return outcomes;
}

/// A job with its trials' files, where they lie beside its own.
ForeignOutcomes read_job(Input& input) {
  const auto files = files_named(input.file.parent_path(), "result.json");
  ForeignOutcomes outcomes;
  for (const auto& file : files) {
    const json value = parsed(read_into(input.digest, file), file);
    if (!is_harbor_trial(value)) continue;
    read_harbor_trial(value, file.string(), outcomes);
    count_turns(file, input.digest, outcomes);
  }
  if (outcomes.trials.empty()) return read_harbor_job(input.value, input.file.string());
  const auto total = input.value.find("n_total_trials");
  if (total != input.value.end() && total->is_number() &&
      total->get<double>() != static_cast<double>(outcomes.trials.size())) {
    outcomes.notes.push_back(fmt::format("{}: {} trials, of which {} left a result.json",
                                         input.file.string(), total->dump(),
                                         outcomes.trials.size()));
  }
  separate_variants(outcomes.trials);
  number_attempts(outcomes.trials);
  return outcomes;
}

/// The agent is named beside a run's file, two folders above a trial's.
ForeignOutcomes read_bench(Input& input) {
  std::string config = input.name;
  const fs::path folder = fs::absolute(input.file).parent_path();
  for (const fs::path& run : {folder, folder.parent_path().parent_path()}) {
    const fs::path metadata = run / "run_metadata.json";
    if (!fs::is_regular_file(metadata)) continue;
    const auto named = terminal_bench_config(parsed(read_into(input.digest, metadata), metadata));
    if (!named.empty()) config = named;
    break;
  }
  return read_terminal_bench_result(input.value, input.file.string(), config);
}

struct JsonFormat {
  std::string_view name;
  bool (*is)(const json& value);
  ForeignOutcomes (*read)(Input& input);
};

/// Adding a format that lives in a JSON file = its reader and a line here.
constexpr JsonFormat kFormats[] = {
    {"atif", is_atif, read_one_trajectory},
    {"harbor-trial", is_harbor_trial, read_trial},
    {"harbor-job", is_harbor_job, read_job},
    {"terminal-bench", is_terminal_bench_result, read_bench},
};

/// Why a JSON file that is none of them is not taken.
[[noreturn]] void refuse(const json& value, const fs::path& file) {
  std::string is = "is no result that can be read";
  if (value.is_object() && value.contains("trajectory_format")) {
    is = fmt::format("is a trajectory in {}'s own format, not ATIF",
                     value.at("trajectory_format").dump());
  }
  throw UserError(fmt::format(
      "{}: {}; expected are an ATIF trajectory, a Harbor job's or trial's result.json, a "
      "Terminal-Bench results.json, or a CSV of outcomes",
      file.string(), is));
}

/// "x.results.json" -> "x"; "2025-09-01/results.json" -> "2025-09-01".
std::string name_of_file(const fs::path& file) {
  std::string stem = file.stem().string();
  if (stem == "result" || stem == "results" || stem == "trajectory") {
    const std::string folder =
        fs::absolute(file).lexically_normal().parent_path().filename().string();
    return folder.empty() ? stem : folder;
  }
  for (const std::string_view ending : {".results", ".result", ".trajectory"}) {
    if (stem.size() > ending.size() && stem.ends_with(ending))
      stem.resize(stem.size() - ending.size());
  }
  return stem;
}

ForeignRun read_one(const fs::path& file, Digest& digest) {
  ForeignRun run;
  run.file = file;
  const std::string bytes = read_into(digest, file);
  run.sha256 = sha256(bytes);
  if (file.extension() != ".json") {
    run.name = file.stem().string();
    run.format = "csv";
    run.outcomes = read_outcomes(bytes, file.string(), run.name);
    return run;
  }
  run.name = name_of_file(file);
  Input input{file, parsed(bytes, file), digest, run.name};
  for (const auto& format : kFormats) {
    if (!format.is(input.value)) continue;
    run.format = format.name;
    run.outcomes = format.read(input);
    return run;
  }
  refuse(input.value, file);
}

/// A folder without a result of its own: trajectories.
ForeignRun read_trajectories(const fs::path& folder, Digest& digest) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  ForeignRun all;
  for (const auto& file : files) {
    ForeignRun one = read_one(file, digest);
    if (one.format != "atif") {
      throw UserError(
          fmt::format("{}: is no ATIF trajectory, as the others in its folder are; "
                      "import it by its own name",
                      file.string()));
    }
    if (all.file.empty()) {
      all = std::move(one);
      continue;
    }
    const auto& trials = one.outcomes.trials;
    all.outcomes.trials.insert(all.outcomes.trials.end(), trials.begin(), trials.end());
    all.outcomes.simulated = all.outcomes.simulated || one.outcomes.simulated;
  }
  if (files.empty()) {
    throw UserError(fmt::format("{}: holds no result.json, results.json or trajectories (.json)",
                                folder.string()));
  }
  all.name = fs::absolute(folder / "x").lexically_normal().parent_path().filename().string();
  return all;
}

}  // namespace

ForeignRun read_foreign_run(const fs::path& path) {
  Digest digest;
  ForeignRun run;
  if (!fs::is_directory(path)) {
    run = read_one(path, digest);
  } else if (fs::is_regular_file(path / "result.json")) {
    run = read_one(path / "result.json", digest);
  } else if (fs::is_regular_file(path / "results.json")) {
    run = read_one(path / "results.json", digest);
  } else {
    run = read_trajectories(path, digest);
  }
  if (run.outcomes.trials.empty()) {
    throw UserError(fmt::format("{}: holds no trials", run.file.string()));
  }
  check_trials(run.outcomes, run.file.string());
  run.identity = digest.hex();
  return run;
}

}  // namespace weir
