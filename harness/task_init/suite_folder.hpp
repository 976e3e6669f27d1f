#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tasks/recipes.hpp"
#include "tasks/swebench_instance.hpp"

namespace weir {

/// A folder of SWE-bench instances that is added to: instances.jsonl, recipes.json and
/// repos/owner__name, which is all that `weir validate` and `weir run` need. What lies there
/// stays as it is, byte for byte and key for key, but for instances that are replaced. Every
/// file is put in its place in one step. One owner; one process at a time.
class SuiteFolder {
 public:
  /// Reads what is there, if anything. Throws UserError naming file and line of what
  /// cannot be read.
  explicit SuiteFolder(std::filesystem::path folder);

  [[nodiscard]] bool holds(const std::string& id) const;
  /// The place of the repository "owner/name".
  [[nodiscard]] std::filesystem::path repository(const std::string& name) const;
  /// Adds an instance, or replaces the one of the same id. Rows are written last: every
  /// row has its recipe. Throws UserError if the disk refuses.
  void put(const SwebenchInstance& instance, const Recipe& recipe);

 private:
  void read_rows();
  void read_recipes();

  std::filesystem::path folder_;
  std::vector<std::pair<std::string, std::string>> rows_;  ///< id, line; in file order
  nlohmann::ordered_json recipes_ = {{"instances", nlohmann::ordered_json::array()}};
};

}  // namespace weir
