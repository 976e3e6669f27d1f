#pragma once

#include <filesystem>
#include <string>

#include "results/exchange/foreign.hpp"

namespace weir {

/// Results recorded elsewhere, read whole and found sound.
struct ForeignRun {
  std::filesystem::path file;  ///< that says most of it: a job folder's result.json
  std::string name;            ///< the file's or folder's, without its endings
  std::string format;          ///< as in the table of foreign_run.cpp
  std::string sha256;          ///< of `file`
  std::string identity;        ///< digest of all that was read
  ForeignOutcomes outcomes;
};

/// Reads what `path` is: a CSV of outcomes; a results.json of the old Terminal-Bench, or
/// its run folder; a Harbor job's folder or result.json, or one trial's; an ATIF
/// trajectory, or a folder of them. Throws UserError naming file, key and what was
/// expected.
[[nodiscard]] ForeignRun read_foreign_run(const std::filesystem::path& path);

}  // namespace weir
