#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

/// How to run one SWE-bench instance's tests without its container image.
struct Recipe {
  std::vector<std::string> packages;  ///< "apt": must be installed already
  std::map<std::string, std::string> env;
  std::string test_command;
  std::string workdir = "/testbed";
  std::vector<std::string> wrappers;
  std::string log_parser;
  std::string visible_tests;  ///< "visible_test_cmd", Weir's own key; may be empty
  std::string prepare;        ///< "prepare", Weir's own key: a script run once in the repository,
                              ///< for what installing it would have made; may be empty
  std::optional<TimePoint> clock;  ///< "clock", Weir's own key: what time it is when the tests begin
};

/// Reads a recipes file: JSON with "instances", keyed by instance_id. `{repo}`
/// and `<repo>` in values become the workdir. Other keys are ignored: such
/// files carry measurements too. Throws UserError naming file and instance.
[[nodiscard]] std::map<std::string, Recipe> read_recipes(const std::filesystem::path& file);

/// The recipe with `{repo}` and `<repo>` in its values replaced by its workdir.
[[nodiscard]] Recipe in_place(Recipe recipe);

/// The recipe as an element of "instances".
[[nodiscard]] nlohmann::json recipe_json(const std::string& instance, const Recipe& recipe);

}  // namespace weir
