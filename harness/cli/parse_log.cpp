// weir parse-log: one test log, as the official parser of a name reads it or strictly.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "runners/grade/log_parsers.hpp"
#include "runners/grade/official_log.hpp"
#include "runners/grade/strict_log.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/nearest.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

const LogParser& parser_named(const std::string& name) {
  if (const LogParser* parser = find_log_parser(name)) return *parser;
  std::vector<std::string> names;
  for (const auto& each : log_parsers()) names.emplace_back(each.name);
  throw UserError(fmt::format("no log parser \"{}\"{}", name, did_you_mean(name, names)));
}

json as_json(const TestStatuses& statuses) {
  json out = json::object();
  for (const auto& [id, status] : statuses) out[id] = status;
  return out;
}

/// The official path; a log without any marker is taken for the runner's output alone.
json parity(const ParseLogCommand& command, const LogParser& parser, std::string_view text,
            const LogSource& source) {
  OfficialLog log;
  if (lacks_markers(text)) {
    ParsedLog parsed = parser.read(text, source);
    log = {true, std::move(parsed.statuses), "", std::move(parsed.failure)};
  } else {
    log = read_official_log(text, parser, source);
  }
  if (!log.failure.empty()) {
    throw UserError(fmt::format("{}: the official parser \"{}\" fails on this log: {}",
                                command.file.string(), parser.name, log.failure));
  }
  if (!log.found) fmt::print(stderr, "not graded: {}\n", log.reason);
  return as_json(log.statuses);
}

json as_json(const std::optional<RunnerSummary>& summary) {
  if (!summary) return nullptr;
  const auto count = [](std::optional<int> value) { return value ? json(*value) : json(); };
  return {{"passed", count(summary->passed)},   {"failed", count(summary->failed)},
          {"skipped", count(summary->skipped)}, {"errors", count(summary->errors)},
          {"xfailed", count(summary->xfailed)}, {"xpassed", count(summary->xpassed)},
          {"total", count(summary->total)},     {"closings", summary->closings}};
}

json strict(const LogParser& parser, std::string_view text, const LogSource& source) {
  const StrictLog log = read_strict_log(official_slice(text).value_or(text), parser, source);
  return {{"statuses", as_json(log.statuses)},
          {"summary", as_json(log.summary)},
          {"contradictions", log.contradictions}};
}

}  // namespace

int run(const ParseLogCommand& command) {
  const LogParser& parser = parser_named(command.parser);
  const std::string text = official_text(read_file(command.file));
  const LogSource source{command.instance, command.task_version};
  const json out = command.mode == "strict" ? strict(parser, text, source)
                                            : parity(command, parser, text, source);
  fmt::print("{}\n", out.dump(2, ' ', false, json::error_handler_t::replace));
  return kOk;
}

}  // namespace weir::cli
