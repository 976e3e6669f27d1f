#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/model/model_spec.hpp"
#include "tasks/config_table.hpp"

namespace weir {

/// Reads a [models.NAME] table. For replay: `cassette` is the database where the
/// table names none, `cassette_run` the run a resumed run replays, else the one the
/// table names, or the latest. Throws UserError with file, line and key.
[[nodiscard]] ModelSpec read_model(const std::string& name, ConfigTable& table,
                                   const std::filesystem::path& cassette,
                                   const std::optional<std::string>& cassette_run);

}  // namespace weir
