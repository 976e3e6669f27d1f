// weir merge, prune: databases put together, and made smaller.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "results/store/merge.hpp"

namespace weir::cli {

using nlohmann::json;

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
