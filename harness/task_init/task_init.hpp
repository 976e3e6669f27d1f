#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/task_init/found_tests.hpp"
#include "harness/validation/validity.hpp"

namespace weir {

struct TaskInitOptions {
  std::filesystem::path repository = ".";
  std::vector<std::string> commits;  ///< each a commit, or a range A..B
  std::filesystem::path folder;      ///< "" = owner__name, here
  std::string name;                  ///< "owner/name"; "" = by the remote
  std::string test_command;          ///< "{files}" = touched test files; "" = found
  std::string log_parser;            ///< "" = by the command
  int attempts = 3;
  std::map<std::string, std::string> env;
  std::vector<std::string> packages;
  bool force = false;  ///< replace tasks of the same id
  std::function<void(const std::string& what)> note;
};

/// What became of one commit.
struct CommitTask {
  std::string commit;
  std::string id;
  std::string refusal;                   ///< why there is no task of it; "" if there is
  std::string seen;                      ///< with a refusal: the end of the output it rests on
  bool kept = false;                     ///< the task was there already and was not replaced
  std::vector<std::string> warnings;     ///< of its problem text
  FoundTests found;                      ///< empty if kept
  std::optional<TaskValidity> validity;  ///< of the task as it lies in the folder

  [[nodiscard]] bool valid() const { return validity && validity->standing == Standing::valid; }
};

struct TaskInitResult {
  std::filesystem::path folder;
  std::vector<CommitTask> tasks;  ///< in the order of the commits, oldest of a range first
  [[nodiscard]] bool all_valid() const;
};

/// Makes a SWE-bench-shaped task of each commit, in a folder that `weir validate` and `weir
/// run` take as it is, and validates them there. Of a range only commits are taken that
/// change both tests and other files. One bad commit never stops the others. Throws
/// UserError for bad input, before anything is written.
[[nodiscard]] TaskInitResult init_tasks(const TaskInitOptions& options);

/// `weir tasks init --json`.
[[nodiscard]] nlohmann::json task_init_json(const TaskInitResult& result);

}  // namespace weir
