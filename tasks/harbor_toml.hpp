#pragma once

#include <string>
#include <vector>

#include "tasks/config_file.hpp"
#include "tasks/terminal_task.hpp"

namespace weir {

/// A Harbor task.toml, read whole: every key of schema 1.0 to 1.4 in its old and new
/// spelling. Steps have their keys only; their folders are the loader's.
struct HarborToml {
  std::string declared_name;
  std::string difficulty;                    ///< metadata.difficulty
  std::optional<std::string> visible_tests;  ///< metadata.visible_test_cmd, Weir's own key
  TerminalDeclaration shown;
  TerminalGrading hidden;
  EnvTemplates solution_env;
};

/// Keys that mean nothing to the format are kept in `shown.unknown`, with line and value.
/// Throws UserError "task.toml:12: [environment] memory: ..." for a wrong type or value,
/// two spellings that contradict each other, a time limit that is not positive, an artifact
/// that would leave its folder.
[[nodiscard]] HarborToml read_harbor_toml(const ConfigFile& file);

}  // namespace weir
