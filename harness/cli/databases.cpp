// weir import, merge, prune: what goes into databases and out of them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <nlohmann/json.hpp>

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

struct Imported {
  ImportSource source;
  std::size_t trials = 0;
  bool added = false;
};

Imported import_file(const ImportCommand& command, const std::filesystem::path& file) {
  const std::string bytes = read_file(file);
  const std::string digest = sha256(bytes);
  const std::string stem = file.stem().string();
  const ForeignOutcomes outcomes = read_outcomes(bytes, file.string(), stem);
  if (outcomes.trials.empty()) throw UserError(fmt::format("{}: holds no trials", file.string()));
  Imported imported;
  imported.source = {digest.substr(0, 32),
                     command.name.empty() ? stem : command.name,
                     fmt::format("{} sha256:{}", file.filename().string(), digest),
                     stem,
                     kVersion,
                     std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now())};
  imported.trials = outcomes.trials.size();
  imported.added = import_run(command.common.db, imported.source, outcomes);
  if (!outcomes.ignored.empty()) {
    fmt::print(stderr, "{}: columns without a meaning here: {}\n", file.string(),
               fmt::join(outcomes.ignored, ", "));
  }
  return imported;
}

}  // namespace

int run(const ImportCommand& command) {
  json list = json::array();
  std::string text;
  for (const auto& file : command.files) {
    const Imported imported = import_file(command, file);
    list.push_back({{"run", imported.source.run},
                    {"name", imported.source.name},
                    {"source", imported.source.source},
                    {"trials", imported.trials},
                    {"added", imported.added}});
    text += fmt::format("{}: {} trials {} run {} \"{}\"\n", file.string(), imported.trials,
                        imported.added ? "imported as" : "were imported before, as",
                        imported.source.run.substr(0, 12), imported.source.name);
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
