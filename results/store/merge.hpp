#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace weir {

struct MergeResult {
  std::int64_t added = 0;  ///< rows
  std::int64_t known = 0;  ///< rows that were there already, equal
  int runs = 0;            ///< of the shards
};

/// Copies every row of `shards` into `out`, which is made if need be. Shards may hold
/// parts of one run, and be merged again: rows that are there already must be equal in
/// every column, else nothing of that shard is taken and UserError names the row. Of a
/// run that is in several, the end is the last one's, if all of them ended. A baseline
/// whose name is known here stays what it was here. Each shard is one transaction. Damaged or newer
/// shards are UserErrors; nothing is lost.
[[nodiscard]] MergeResult merge(const std::filesystem::path& out,
                                const std::vector<std::filesystem::path>& shards);

struct PruneOptions {
  int older_than_days = 30;  ///< of runs that finished
  bool runs = false;         ///< drop whole runs, not only their texts
  bool dry_run = false;
};

struct PruneResult {
  std::vector<std::string> runs;  ///< pruned, by id
  std::vector<std::string> kept;  ///< old enough, but pinned by a baseline
  std::uintmax_t bytes_before = 0;
  std::uintmax_t bytes_after = 0;
};

/// Makes a database small: drops the texts (prompts, answers, outputs, logs) and artifacts of old
/// finished runs, or the runs themselves. Numbers of pruned runs stay as they were; they
/// can no longer be replayed. Runs that a baseline is pinned to are kept whole.
[[nodiscard]] PruneResult prune(const std::filesystem::path& file, const PruneOptions& options);

}  // namespace weir
