// weir import, merge, prune: what goes into databases and out of them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/options.hpp"
#include "harness/version.hpp"
#include "results/exchange/outcomes.hpp"
#include "results/store/import_run.hpp"
#include "results/store/merge.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

/// A file that was read whole and found sound.
struct Imported {
  ImportSource source;
  ForeignOutcomes outcomes;
  std::set<std::string> configs;
  bool added = false;
};

Imported read_import(const ImportCommand& command, const std::filesystem::path& file) {
  const std::string bytes = read_file(file);
  const std::string stem = file.stem().string();
  Imported imported;
  imported.outcomes = read_outcomes(bytes, file.string(), stem);
  if (imported.outcomes.trials.empty()) {
    throw UserError(fmt::format("{}: holds no trials", file.string()));
  }
  for (const auto& trial : imported.outcomes.trials) imported.configs.insert(trial.config);
  const std::string name = command.name.empty() ? stem : command.name;
  const std::string suite = command.suite.empty() ? stem : command.suite;
  const auto changed = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(file));
  Digest id;  // the same file under another name is another run
  id.add(bytes).add(stem).add(name).add(suite);
  imported.source = {id.hex().substr(0, 32),
                     name,
                     fmt::format("{} sha256:{}", file.filename().string(), sha256(bytes)),
                     suite,
                     kVersion,
                     std::chrono::time_point_cast<milliseconds>(changed)};
  return imported;
}

}  // namespace

int run(const ImportCommand& command) {
  std::vector<Imported> files;  // all are sound before any is taken
  for (const auto& file : command.files) files.push_back(read_import(command, file));
  json list = json::array();
  std::string text;
  for (std::size_t i = 0; i < files.size(); ++i) {
    Imported& file = files[i];
    file.added = import_run(command.common.db, file.source, file.outcomes);
    const std::string path = command.files[i].string();
    if (!file.outcomes.ignored.empty()) {
      fmt::print(stderr, "{}: columns without a meaning here: {}\n", path,
                 fmt::join(file.outcomes.ignored, ", "));
    }
    list.push_back({{"run", file.source.run},
                    {"name", file.source.name},
                    {"source", file.source.source},
                    {"configs", file.configs},
                    {"trials", file.outcomes.trials.size()},
                    {"added", file.added}});
    text += fmt::format("{}: {} trials of {} configs ({}{}) {} run {} \"{}\"\n", path,
                        file.outcomes.trials.size(), file.configs.size(), *file.configs.begin(),
                        file.configs.size() > 1 ? ", ..." : "",
                        file.added ? "imported as" : "were imported before, as",
                        file.source.run.substr(0, 12), file.source.name);
  }
  fmt::print("{}", command.common.json ? json{{"imported", list}}.dump(2) + "\n" : text);
  return kOk;
}

int run(const MergeCommand& command) {
  const MergeResult result = merge(command.out, command.shards);
  if (command.common.json) {
    fmt::print(
        "{}\n",
        json{{"added", result.added}, {"known", result.known}, {"runs", result.runs}}.dump(2));
  } else {
    fmt::print("{}: {} rows added, {} were there already ({} files, {} runs)\n",
               command.out.string(), result.added, result.known, command.shards.size(),
               result.runs);
  }
  return kOk;
}

int run(const PruneCommand& command) {
  const PruneResult result =
      prune(command.common.db, {command.older_than_days, command.runs, command.dry_run});
  if (command.common.json) {
    fmt::print("{}\n", json{{"pruned", result.runs},
                            {"kept_by_baselines", result.kept},
                            {"dry_run", command.dry_run},
                            {"bytes_before", result.bytes_before},
                            {"bytes_after", result.bytes_after}}
                           .dump(2));
    return kOk;
  }
  fmt::print("{} {} of {} runs older than {} days{}\n", command.dry_run ? "Would drop" : "Dropped",
             command.runs ? "everything" : "the texts", result.runs.size(), command.older_than_days,
             result.kept.empty()
                 ? ""
                 : fmt::format("; {} more are pinned by baselines", result.kept.size()));
  if (!command.dry_run && !result.runs.empty()) {
    fmt::print("{:.1f} MB became {:.1f} MB\n", static_cast<double>(result.bytes_before) / 1e6,
               static_cast<double>(result.bytes_after) / 1e6);
  }
  return kOk;
}

}  // namespace weir::cli
