#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tasks/test_list.hpp"

namespace weir {

struct SwebenchDialect;

/// One instance of SWE-bench or of a data set that took after it: what a row says, in the
/// words all dialects share. A plain value between JSON and Task; read and written by
/// read_instance and write_instance alone.
struct SwebenchInstance {
  const SwebenchDialect* dialect = nullptr;  ///< how its row spells things
  std::string id;
  std::string repo;         ///< "owner/name"
  std::string base_commit;  ///< "" where SWE-smith leaves it out
  std::string problem_statement;
  std::string patch;  ///< the solution; of SWE-smith the bug, whose reverse is the solution
  std::vector<std::string> fail_to_pass;
  std::vector<std::string> pass_to_pass;
  ListTyping fail_typing = ListTyping::json_text;
  ListTyping pass_typing = ListTyping::json_text;
  bool lower_case_lists = false;  ///< keys fail_to_pass, pass_to_pass

  // Columns that not every row has.
  std::optional<std::string> test_patch;
  std::optional<std::string> difficulty;
  std::optional<std::string> requirements;  ///< SWE-bench Pro: part of what is asked
  std::optional<std::string> interface;     ///< Pro, SWE-rebench: names the tests expect
  std::optional<std::string> image;         ///< as the row has it: see image_of
  std::optional<std::string> eval_script;   ///< since SWE-bench 5: all that grading runs
  std::optional<std::string> log_parser;    ///< a name, or a program's text
  std::optional<std::string> eval_type;     ///< pass_and_fail | fail_only

  /// What only some dialects have and what Weir does not understand, as it stood:
  /// created_at, version, hints_text, install_config...
  nlohmann::json other = nlohmann::json::object();
};

/// Reads a row in whichever dialect it is. Throws UserError (without location) that names
/// the key.
[[nodiscard]] SwebenchInstance read_instance(const nlohmann::json& row);

/// The row again, in its dialect's spelling. read_instance(write_instance(i)) equals i.
[[nodiscard]] nlohmann::json write_instance(const SwebenchInstance& instance);

}  // namespace weir
