// weir runs, weir sql, weir tasks list: small read-only commands.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "results/store/reader.hpp"
#include "tasks/phase_network.hpp"
#include "tasks/text.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

std::string dumped(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace

int run(const RunsCommand& command) {
  const auto runs = Reader(command.common.db).runs();
  json list = json::array();
  std::vector<std::vector<std::string>> rows = {{"RUN", "NAME", "STARTED", "STATE", "SEED", ""}};
  for (const auto& run : runs) {
    const std::string state = run.finished_at ? "finished" : "unfinished";
    list.push_back({{"run", run.id},
                    {"name", run.name},
                    {"started_at", format_time(run.started_at)},
                    {"finished_at", run.finished_at ? json(format_time(*run.finished_at)) : json()},
                    {"seed", run.seed},
                    {"simulated", run.simulated},
                    {"source", run.source}});
    rows.push_back({run.id.substr(0, 12), run.name, format_time(run.started_at), state,
                    std::to_string(run.seed), run.simulated         ? "simulated"
                    : run.source.empty() ? ""
                                         : "imported from " + run.source.substr(0, 40)});
  }
  if (command.common.json) {
    fmt::print("{}\n", dumped({{"runs", list}}));
  } else {
    fmt::print("{}", columns(rows));
  }
  return kOk;
}

int run(const SqlCommand& command) {
  const Rows result = Reader(command.common.db).query(command.query);
  if (command.common.json) {
    json rows = json::array();
    for (const auto& row : result.rows) {
      json object = json::object();
      for (std::size_t i = 0; i < row.size(); ++i) {
        object[result.columns[i]] = row[i] ? json(to_utf8(*row[i])) : json();
      }
      rows.push_back(std::move(object));
    }
    fmt::print("{}\n", dumped({{"columns", result.columns}, {"rows", rows}}));
    return kOk;
  }
  std::vector<std::vector<std::string>> table = {result.columns};
  for (const auto& row : result.rows) {
    auto& line = table.emplace_back();
    for (const auto& cell : row) line.push_back(cell.value_or("NULL"));
  }
  fmt::print("{}", columns(table));
  return kOk;
}

int run(const TasksListCommand& command) {
  json list = json::array();
  std::vector<std::vector<std::string>> rows = {{"TASK", "FORMAT", "DIALECT", "DIFFICULTY", "STATE"}};
  for (const auto& path : command.suites) {
    for (const auto& task : load_suite(path, command.sources).tasks) {
      const std::string state = !task.defect.empty()        ? "defect"
                                : !task.unsupported.empty() ? "unsupported"
                                                            : "ok";
      const std::string& why = state == "defect" ? task.defect : task.unsupported;
      rows.push_back({task.shown.id, task.shown.format, task.shown.dialect, task.shown.difficulty,
                      why.empty() ? state : state + ": " + why});
      std::vector<std::string> deviations = task.shown.environment.deviations;
      for (auto& network : networks_not_given(task)) deviations.push_back(std::move(network));
      list.push_back({{"id", task.shown.id},
                      {"suite", task.shown.suite},
                      {"format", task.shown.format},
                      {"dialect", task.shown.dialect},
                      {"difficulty", task.shown.difficulty},
                      {"environment", task.shown.environment.base},
                      {"state", state},
                      {"sha256", task.sha256},
                      {"defect", task.defect},
                      {"unsupported", task.unsupported},
                      {"deviations", deviations}});
    }
  }
  if (command.common.json) {
    fmt::print("{}\n", dumped({{"tasks", list}}));
  } else {
    fmt::print("{}", columns(rows));
  }
  return kOk;
}

}  // namespace weir::cli
