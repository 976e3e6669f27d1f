// weir runs, weir sql, weir tasks list, weir parse-log: small read-only commands.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "results/store/reader.hpp"
#include "runners/grade/log_parsers.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/nearest.hpp"
#include "tasks/text.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

std::string dumped(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace);
}

/// The part of a log the official path parses: between the first start marker
/// and the first end marker. A log with no marker at all goes whole; with one
/// marker missing there is nothing to parse.
std::optional<std::string_view> official_slice(std::string_view log) {
  constexpr std::string_view kStart = ">>>>> Start Test Output";
  constexpr std::string_view kEnd = ">>>>> End Test Output";
  const auto start = log.find(kStart);
  const auto end = log.find(kEnd);
  if (start == std::string_view::npos && end == std::string_view::npos) return log;
  if (start == std::string_view::npos || end == std::string_view::npos || end < start) return {};
  return log.substr(start + kStart.size(), end - start - kStart.size());
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
  std::vector<std::vector<std::string>> rows = {{"TASK", "FORMAT", "DIFFICULTY", "STATE"}};
  for (const auto& path : command.suites) {
    for (const auto& task : load_suite(path, command.sources).tasks) {
      const std::string state = !task.defect.empty()        ? "defect: " + task.defect
                                : !task.unsupported.empty() ? "unsupported: " + task.unsupported
                                                            : "ok";
      rows.push_back({task.shown.id, task.shown.format, task.shown.difficulty, state});
      list.push_back({{"id", task.shown.id},
                      {"suite", task.shown.suite},
                      {"format", task.shown.format},
                      {"difficulty", task.shown.difficulty},
                      {"sha256", task.sha256},
                      {"defect", task.defect},
                      {"unsupported", task.unsupported},
                      {"deviations", task.shown.environment.deviations}});
    }
  }
  if (command.common.json) {
    fmt::print("{}\n", dumped({{"tasks", list}}));
  } else {
    fmt::print("{}", columns(rows));
  }
  return kOk;
}

int run(const ParseLogCommand& command) {
  const LogParser* parser = find_log_parser(command.parser);
  if (parser == nullptr) {
    std::vector<std::string> names;
    for (const auto& each : log_parsers()) names.emplace_back(each.name);
    throw UserError(fmt::format("no log parser \"{}\"{}", command.parser,
                                did_you_mean(command.parser, names)));
  }
  const std::string log = read_file(command.file);
  const auto slice = official_slice(log);
  TestStatuses statuses = slice ? parser->parse(*slice) : TestStatuses{};
  if (slice && statuses.empty() && command.mode == "parity") statuses = parser->parse(log);
  json out = json::object();
  for (const auto& [id, status] : statuses) out[to_utf8(id)] = to_utf8(status);
  fmt::print("{}\n", dumped(out));
  return kOk;
}

}  // namespace weir::cli
