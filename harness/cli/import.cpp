// weir import: results recorded elsewhere, as runs that compare like any other.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/options.hpp"
#include "harness/version.hpp"
#include "results/exchange/foreign_run.hpp"
#include "results/store/import_run.hpp"
#include "tasks/digest.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

/// What was read, and as what it is stored.
struct Imported {
  ForeignRun run;
  ImportSource source;
  std::set<std::string> configs;
  bool added = false;
};

Imported read_import(const ImportCommand& command, const std::filesystem::path& path) {
  Imported imported;
  imported.run = read_foreign_run(path);
  const ForeignRun& run = imported.run;
  for (const auto& trial : run.outcomes.trials) imported.configs.insert(trial.config);
  const std::string name = command.name.empty() ? run.name : command.name;
  const std::string suite = command.suite.empty() ? run.name : command.suite;
  const auto changed = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(run.file));
  Digest id;  // the same file under another name is another run
  id.add(run.identity).add(run.name).add(name).add(suite);
  imported.source = {id.hex().substr(0, 32),
                     name,
                     fmt::format("{} sha256:{}", run.file.filename().string(), run.sha256),
                     suite,
                     kVersion,
                     std::chrono::time_point_cast<milliseconds>(changed)};
  return imported;
}

void print_notes(const Imported& imported) {
  const ForeignOutcomes& outcomes = imported.run.outcomes;
  if (!outcomes.ignored.empty()) {
    fmt::print(stderr, "{}: columns without a meaning here: {}\n", imported.run.file.string(),
               fmt::join(outcomes.ignored, ", "));
  }
  for (const auto& note : outcomes.notes) fmt::print(stderr, "{}\n", note);
}

std::string line_of(const Imported& imported, const std::filesystem::path& path) {
  return fmt::format("{}: {} trials of {} configs ({}{}) {} run {} \"{}\"{}\n", path.string(),
                     imported.run.outcomes.trials.size(), imported.configs.size(),
                     *imported.configs.begin(), imported.configs.size() > 1 ? ", ..." : "",
                     imported.added ? "imported as" : "were imported before, as",
                     imported.source.run.substr(0, 12), imported.source.name,
                     imported.run.outcomes.simulated ? " (simulated)" : "");
}

}  // namespace

int run(const ImportCommand& command) {
  std::vector<Imported> files;  // all are sound before any is taken
  for (const auto& file : command.files) files.push_back(read_import(command, file));
  json list = json::array();
  std::string text;
  for (std::size_t i = 0; i < files.size(); ++i) {
    Imported& file = files[i];
    file.added = import_run(command.common.db, file.source, file.run.outcomes);
    print_notes(file);
    list.push_back({{"run", file.source.run},
                    {"name", file.source.name},
                    {"source", file.source.source},
                    {"format", file.run.format},
                    {"configs", file.configs},
                    {"trials", file.run.outcomes.trials.size()},
                    {"simulated", file.run.outcomes.simulated},
                    {"notes", file.run.outcomes.notes},
                    {"added", file.added}});
    text += line_of(file, command.files[i]);
  }
  fmt::print("{}", command.common.json ? json{{"imported", list}}.dump(2) + "\n" : text);
  return kOk;
}

}  // namespace weir::cli
