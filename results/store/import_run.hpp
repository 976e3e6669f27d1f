#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "results/exchange/outcomes.hpp"

namespace weir {

/// Where an imported run comes from.
struct ImportSource {
  std::string run;  ///< id: 32 hex digits of the file's digest, so that a file is imported once
  std::string name;
  std::string source;  ///< "FILE sha256:..."
  std::string suite;
  std::string weir_version;
  TimePoint at{};
  /// Digests of tasks whose content is known, by id: such outcomes compare with Weir's own.
  std::map<std::string, std::string> task_sha256 = {};
};

/// Stores foreign outcomes as a finished run: no calls, no price, nothing recomputed.
/// False if that run is there already. One transaction.
bool import_run(const std::filesystem::path& file, const ImportSource& source,
                const ForeignOutcomes& outcomes);

}  // namespace weir
