// weir calibrate: thresholds with certificates, or an honest "not yet".

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/calibration/calibration_json.hpp"
#include "harness/calibration/calibration_report.hpp"
#include "harness/calibration/certified_policy.hpp"
#include "harness/calibration/log_reader.hpp"
#include "harness/cli/chosen_book.hpp"
#include "harness/cli/options.hpp"
#include "harness/router/signals.hpp"
#include "harness/version.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

CalibrationRequest request_of(const CalibrateCommand& command) {
  CalibrationRequest request = command.request;
  if (!command.target.empty()) request.target = parse_target(command.target);
  if (command.objective == "max-quality") request.objective = Objective::max_quality;
  if (command.guarantee == "asymptotic") request.guarantee = Guarantee::asymptotic;
  request.missing_unresolved = command.missing == "unresolved";
  if (request.objective == Objective::max_quality && !request.budget_usd) {
    throw UserError("--objective max-quality needs --budget USD");
  }
  if (request.objective == Objective::min_cost && request.budget_usd) {
    throw UserError("--budget is for --objective max-quality");
  }
  return request;
}

std::string file_name(const std::filesystem::path& file) {
  return fmt::format("{} (sha256 {})", file.filename().string(),
                     sha256(read_file(file)).substr(0, 16));
}

/// The command as it could be typed again; paths as they were given.
std::string command_line(const CalibrateCommand& command) {
  std::string line = "weir calibrate";
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) line += fmt::format(" {} {}", flag, shell_quoted(value));
  };
  for (const auto& run : command.runs) add("--run", run);
  add("--log", command.log.string());
  add("--pairs", command.pairs.string());
  add("--base", command.query.base);
  add("--strong", command.query.strong);
  for (const auto& signal : command.query.signals) add("--signal", signal);
  for (const auto& where : command.query.where) add("--where", where);
  add("--config", command.config);
  add("--target", command.target);
  add("--delta", fmt::format("{}", command.request.delta));
  if (command.objective != "min-cost") add("--objective", command.objective);
  if (command.request.budget_usd) add("--budget", fmt::format("{}", *command.request.budget_usd));
  if (command.guarantee != "finite-sample") add("--guarantee", command.guarantee);
  if (command.missing != "refuse") add("--missing", command.missing);
  add("--confirm", command.confirm);
  add("--prices", command.book.prices);
  add("--scenario", command.book.scenario);
  add("--at", command.book.at);
  add("--seed", fmt::format("{}", command.request.seed));
  return line;
}

CalibrationOrigin origin_of(const CalibrateCommand& command) {
  CalibrationOrigin origin;
  origin.command = command_line(command);
  origin.version = kVersion;
  if (!command.log.empty()) origin.what = file_name(command.log);
  if (!command.pairs.empty()) origin.what = file_name(command.pairs);
  return origin;
}

void print(const CalibrateCommand& command, const Document& document, const json& values) {
  if (command.common.json) {
    fmt::print("{}\n", values.dump(2));
  } else {
    fmt::print("{}", to_markdown(document));
  }
}

void write_claim(const CalibrateCommand& command, const json& claim) {
  if (!command.claim.empty()) replace_file(command.claim, claim.dump(2) + "\n");
}

/// The page, its figures beside it.
void write_report(const CalibrateCommand& command, const Document& document,
                  const std::vector<std::pair<std::string, std::string>>& figures) {
  if (command.report.empty()) return;
  std::string page = to_markdown(document);
  for (const auto& [name, svg] : figures) {
    const std::string file = command.report.stem().string() + "-" + name + ".svg";
    replace_file(command.report.parent_path() / file, svg);
    page += fmt::format("\n![{}]({})\n", name, file);
  }
  replace_file(command.report, page);
}

void refuse_policy(const CalibrateCommand& command, const char* why) {
  if (command.out.empty()) return;
  throw UserError(fmt::format("--out: {}", why));
}

int calibrate_table(const CalibrateCommand& command, PairedTasks pairs,
                    const CalibrationOrigin& origin) {
  refuse_policy(command, "pairs say when to run a task again from scratch, which is no turn-level "
                         "policy; calibrate on a run with [explore] for one");
  const CalibrationRequest request = request_of(command);
  const auto rule = command.rule == "and" ? TwoSignals::both : TwoSignals::either;
  const auto found = calibrate_pairs(std::move(pairs), rule, request);
  const Document document = calibration_document(found, request, origin);
  write_claim(command, claim_of(found, request));
  write_report(command, document, {{"frontier", frontier_figure(found)}});
  print(command, document, json_of(found, request));
  return kOk;
}

void finish_log(const CalibrateCommand& command, const LogCalibration& found,
                const CalibrationRequest& request, const CalibrationOrigin& origin,
                const std::optional<Confirmation>& confirmed) {
  const Document document = calibration_document(found, request, origin, confirmed);
  json values = json_of(found, request);
  json claim = claim_of(found, request);
  if (confirmed) {
    values["confirmation"] = {{"run", confirmed->run},
                              {"threshold", confirmed->threshold},
                              {"tasks", confirmed->tasks},
                              {"not_fresh", confirmed->not_fresh},
                              {"resolved", confirmed->resolved},
                              {"p", confirmed->p},
                              {"resolve_lcb", confirmed->lower},
                              {"certified", confirmed->certified}};
    claim["threshold"] = confirmed->certified ? json(confirmed->threshold) : json();
    claim["resolve_lcb"] = confirmed->certified ? json(confirmed->lower) : json();
    claim["resolve_ci"] = claim["cost_ci"] = json();
  }
  write_claim(command, claim);
  std::vector<std::pair<std::string, std::string>> figures;
  if (found.abstention <= kMostAbstention) {
    figures = {{"frontier", frontier_figure(found)}, {"cost", cost_figure(found)}};
  }
  write_report(command, document, figures);
  print(command, document, values);
}

int calibrate_jsonl(const CalibrateCommand& command) {
  refuse_policy(command, "a log names no policy to write; calibrate on the runs themselves");
  if (!command.confirm.empty()) throw UserError("--confirm needs --run: a log names no policy");
  const CalibrationRequest request = request_of(command);
  const auto found = calibrate_log(read_exploration_log(command.log), request);
  finish_log(command, found, request, origin_of(command), {});
  return kOk;
}

/// Where a policy may run, and what --deploy asks of it.
std::string deployment(const CalibrateCommand& command, const Policy& policy) {
  std::vector<std::string> needs;
  if (policy.redo == Redo::rollback) needs.emplace_back("redo = \"rollback\"");
  if (policy.restart) needs.emplace_back("restart");
  for (const auto& [name, weight] : policy.weights) {
    const SignalDefinition* signal = find_signal(name);
    if (weight > 0 && signal != nullptr &&
        (signal->known == Moment::result || signal->visibility != Visibility::agent)) {
      needs.push_back("the signal " + name);
    }
  }
  if (needs.empty()) return "The policy may run in a box or on a gateway.";
  if (command.deploy == "gateway") {
    throw UserError(fmt::format(
        "--deploy gateway: a gateway has no box, and this policy needs one for {}. Explore with redo "
        "= \"before_execution\" or \"next_turn\" and signals of drafts",
        fmt::join(needs, ", ")));
  }
  return fmt::format("The policy needs a box: {}.", fmt::join(needs, ", "));
}

void write_policy(const CalibrateCommand& command, const RunLog& runs, const LogCalibration& found,
                  const CalibrationRequest& request, const std::optional<Confirmation>& confirmed,
                  const std::string& prices_sha256) {
  if (command.out.empty()) return;
  const bool certified = confirmed ? confirmed->certified : found.chosen && found.target;
  if (!certified) {
    fmt::print(stderr, "weir: nothing is certified, so no policy was written to {}\n",
               command.out.string());
    return;
  }
  const double threshold =
      confirmed ? confirmed->threshold : found.estimates[*found.chosen].threshold;
  const std::string settled = settled_policy(runs.arms.front().config.policy, threshold);
  const auto facts =
      certificate_facts(runs, found, request, settled, confirmed, prices_sha256);
  replace_file(command.out, certified_policy(settled, facts));
  fmt::print(stderr, "weir: wrote {}\n", command.out.string());
}

std::vector<Run> runs_of(const CalibrateCommand& command, const Reader& reader) {
  std::vector<Run> runs;
  std::set<std::string> seen;
  for (const auto& name : command.runs.empty() ? std::vector<std::string>{"latest"} : command.runs) {
    runs.push_back(reader.find_run(name));
    if (!seen.insert(runs.back().id).second) {
      throw UserError(fmt::format("--run {}: is there twice", name));
    }
  }
  return runs;
}

int calibrate_runs(const CalibrateCommand& command) {
  const Reader reader(command.common.db);
  RunSelection selection{runs_of(command, reader), command.config, {}};
  CalibrationOrigin origin = origin_of(command);
  std::vector<std::string> names;
  for (const auto& run : selection.runs) names.push_back(run.id.substr(0, 12));
  origin.what = fmt::format("run {}", fmt::join(names, ", "));
  origin.prices = "as booked";
  std::string prices = selection.runs.front().price_book_sha256;
  if (command.book.given()) {
    auto named = chosen_book(command.book, reader, selection.runs.front());
    origin.prices = named.name;
    prices = named.book.sha256();
    selection.book = std::move(named.book);
  }
  if (!command.query.base.empty()) {
    PairsQuery query = command.query;
    if (query.signals.empty()) query.signals = {"turns"};
    return calibrate_table(command, read_run_pairs(reader, selection, query), origin);
  }
  const CalibrationRequest request = request_of(command);
  const RunLog runs = read_run_log(reader, selection);
  origin.deploy = deployment(command, runs.policy);
  const auto found = calibrate_log(runs.log, request);
  std::optional<Confirmation> confirmed;
  if (!command.confirm.empty()) {
    if (!found.target) throw UserError("--confirm needs --target");
    confirmed = confirm(reader, reader.find_run(command.confirm), command.config, runs,
                        *found.target, request.delta);
  }
  write_policy(command, runs, found, request, confirmed, prices);
  finish_log(command, found, request, origin, confirmed);
  return kOk;
}

}  // namespace

int run(const CalibrateCommand& command) {
  if (!command.log.empty()) return calibrate_jsonl(command);
  if (command.pairs.empty()) return calibrate_runs(command);
  if (command.query.base.empty() || command.query.strong.empty() || command.query.signals.empty()) {
    throw UserError("--pairs needs --base MODEL, --strong MODEL and --signal COLUMN (or hash)");
  }
  return calibrate_table(command, read_paired_tasks(command.pairs, command.query),
                         origin_of(command));
}

}  // namespace weir::cli
