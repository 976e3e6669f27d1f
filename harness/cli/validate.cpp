#include "harness/validate.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"

namespace weir::cli {
namespace {

std::string verdict(const ReferenceResult& result) {
  if (result.tries.empty()) return "-";
  return std::string(name_of(*result.tries.back().outcome));
}

}  // namespace

int run(const ValidateCommand& command) {
  const auto tasks = validate(command.options);
  const nlohmann::json summary = validity_json(tasks);
  if (command.common.json) {
    fmt::print("{}\n", summary.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    std::vector<std::vector<std::string>> rows = {{"TASK", "FORMAT", "NOP", "ORACLE", "VERDICT"}};
    for (const auto& task : tasks) {
      const std::string word = task.valid ? "valid" : task.unsupported ? "unsupported" : "invalid";
      rows.push_back({task.id, task.format, verdict(task.nop), verdict(task.oracle),
                      task.reason.empty() ? word : word + ": " + task.reason});
    }
    for (const auto& task : tasks) {
      const std::string overlap = task.visible.overlap();
      if (!overlap.empty()) fmt::print(stderr, "{}: {}\n", task.id, overlap);
    }
    fmt::print("{}\n{} valid, {} invalid, {} unsupported\n", columns(rows),
               summary.at("valid").get<int>(), summary.at("invalid").get<int>(),
               summary.at("unsupported").get<int>());
  }
  return summary.at("invalid").get<int>() == 0 ? kOk : kInvalid;
}

}  // namespace weir::cli
