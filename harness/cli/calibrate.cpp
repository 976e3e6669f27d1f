// weir calibrate: thresholds with certificates, or an honest "not yet".

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/calibration/calibration_json.hpp"
#include "harness/calibration/calibration_report.hpp"
#include "harness/calibration/certified_policy.hpp"
#include "harness/calibration/log_reader.hpp"
#include "harness/calibration/run_pairs.hpp"
#include "harness/calibration/settled_policy.hpp"
#include "harness/cli/chosen_book.hpp"
#include "harness/cli/options.hpp"
#include "harness/router/signals.hpp"
#include "harness/version.hpp"
#include "results/store/search_book.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

/// A figure's file, beside the page.
std::filesystem::path figure_file(const CalibrateCommand& command, const std::string& name) {
  return command.report.parent_path() / (command.report.stem().string() + "-" + name + ".svg");
}

CalibrationRequest request_of(const CalibrateCommand& command) {
  CalibrationRequest request = command.request;
  if (!command.target.empty()) request.target = parse_target(command.target);
  if (command.objective == "max-quality") request.objective = Objective::max_quality;
  if (command.objective == "max-utility") request.objective = Objective::max_utility;
  if (command.guarantee == "asymptotic") request.guarantee = Guarantee::asymptotic;
  request.missing_unresolved = command.missing == "unresolved";
  const auto needs = [&](Objective objective, bool given, const char* flag) {
    if ((request.objective == objective) != given) {
      throw UserError(fmt::format("--objective {} and {} go together", command.objective, flag));
    }
  };
  needs(Objective::max_quality, request.budget_usd.has_value(), "--budget USD");
  needs(Objective::max_utility, request.value_usd.has_value(), "--value USD");
  if (request.target && request.objective != Objective::min_cost) {
    throw UserError(fmt::format("--objective {} takes no --target: nothing is certified by it",
                                command.objective));
  }
  return request;
}

/// Options that say nothing of this kind of data: a silent flag is a wrong number.
void reject(const char* kind, const std::vector<std::pair<const char*, bool>>& given) {
  for (const auto& [flag, is_given] : given) {
    if (is_given) throw UserError(fmt::format("{} means nothing of {}", flag, kind));
  }
}

/// A file that can be put where it is wanted, its folder made if need be.
void check_writable(const char* flag, const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) {
    throw UserError(fmt::format("{} {}: is a folder", flag, file.string()));
  }
  std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  while (!std::filesystem::exists(folder)) folder = folder.parent_path();
  if (!std::filesystem::is_directory(folder) || ::access(folder.c_str(), W_OK) != 0) {
    throw UserError(
        fmt::format("{} {}: nothing can be written in {}", flag, file.string(), folder.string()));
  }
}

/// Files to write must be none that are read, nor each other, nor folders.
void check_files(const CalibrateCommand& command) {
  std::map<std::string, std::string> seen;
  const auto add = [&](const char* flag, const std::filesystem::path& file, bool written) {
    if (file.empty()) return;
    if (written) check_writable(flag, file);
    const auto [place, fresh] =
        seen.emplace(std::filesystem::weakly_canonical(file).string(), flag);
    if (!fresh) {
      throw UserError(fmt::format("{} {}: is the file of {}", flag, file.string(), place->second));
    }
  };
  add("--log", command.log, false);
  add("--pairs", command.pairs, false);
  add("--db", command.common.db, false);
  add("--out", command.out, true);
  add("--claim", command.claim, true);
  add("--report", command.report, true);
  for (const char* name : {"frontier", "cost", "benefit-score"}) {
    if (!command.report.empty()) add("a figure of --report", figure_file(command, name), true);
  }
}

std::string digest_name(const std::filesystem::path& file, const std::string& text) {
  return fmt::format("{} (sha256 {})", file.filename().string(), sha256(text).substr(0, 16));
}

/// The command as it could be typed again; paths as they were given.
std::string command_line(const CalibrateCommand& command, const std::vector<std::string>& runs) {
  std::string line = "weir calibrate";
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) line += fmt::format(" {} {}", flag, shell_quoted(value));
  };
  const auto unless = [&](const char* flag, const std::string& value, const char* usual) {
    if (value != usual) add(flag, value);
  };
  for (const auto& run : runs) add("--run", run);
  if (!runs.empty()) add("--db", command.common.db.string());
  add("--log", command.log.string());
  add("--pairs", command.pairs.string());
  add("--base", command.query.base);
  add("--strong", command.query.strong);
  for (const auto& signal : command.query.signals) add("--signal", signal);
  unless("--rule", command.rule, "or");
  for (const auto& where : command.query.where) add("--where", where);
  add("--group", command.query.group);
  add("--config", command.config);
  add("--target", command.target);
  add("--delta", fmt::format("{}", command.request.delta));
  unless("--objective", command.objective, "min-cost");
  if (command.request.budget_usd) add("--budget", fmt::format("{}", *command.request.budget_usd));
  if (command.request.value_usd) add("--value", fmt::format("{}", *command.request.value_usd));
  unless("--guarantee", command.guarantee, "finite-sample");
  unless("--missing", command.missing, "refuse");
  unless("--deploy", command.deploy, "box");
  add("--confirm", command.confirm);
  add("--prices", command.book.prices);
  add("--scenario", command.book.scenario);
  add("--at", command.book.at);
  add("--seed", fmt::format("{}", command.request.seed));
  unless("--resamples", fmt::format("{}", command.request.resamples), "10000");
  return line;
}

CalibrationOrigin origin_of(const CalibrateCommand& command,
                            const std::vector<std::string>& runs = {}) {
  CalibrationOrigin origin;
  origin.command = command_line(command, runs);
  origin.version = kVersion;
  return origin;
}

/// What was searched, and with what question.
struct Search {
  std::string data;
  json request;
};

/// The question of a search: everything that changes its answer.
json question_of(const CalibrateCommand& command) {
  const auto number = [](const std::optional<double>& value) {
    return value ? json(*value) : json();
  };
  return {{"target", command.target},
          {"delta", command.request.delta},
          {"objective", command.objective},
          {"budget", number(command.request.budget_usd)},
          {"value", number(command.request.value_usd)},
          {"guarantee", command.guarantee},
          {"missing", command.missing},
          {"signal", command.query.signals},
          {"rule", command.rule},
          {"where", command.query.where},
          {"group", command.query.group},
          {"base", command.query.base},
          {"strong", command.query.strong},
          {"prices", command.book.prices},
          {"scenario", command.book.scenario},
          {"at", command.book.at},
          {"seed", command.request.seed}};
}

/// Enters a search that was answered, where there is a database to keep it in.
void count_search(const CalibrateCommand& command, const Search& search,
                  CalibrationOrigin& origin) {
  if (!std::filesystem::exists(command.common.db)) return;
  try {
    const auto now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    origin.searches = enter_search(command.common.db, search.data, search.request.dump(), now);
  } catch (const std::runtime_error& error) {
    fmt::print(stderr, "weir: this search is not counted: {}\n", error.what());
  }
}

json searches_json(const CalibrationOrigin& origin) {
  return origin.searches ? json(*origin.searches) : json();
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
    const auto file = figure_file(command, name);
    replace_file(file, svg);
    page += fmt::format("\n![{}]({})\n", name, file.filename().string());
  }
  replace_file(command.report, page);
}

void refuse_policy(const CalibrateCommand& command, const char* why) {
  if (command.out.empty()) return;
  throw UserError(fmt::format("--out: {}", why));
}

int calibrate_table(const CalibrateCommand& command, PairedTasks pairs, const std::string& data,
                    CalibrationOrigin origin) {
  refuse_policy(command,
                "pairs say when to run a task again from scratch, which is no turn-level policy; "
                "calibrate on a run with [explore] for one");
  reject("pairs", {{"--confirm", !command.confirm.empty()},
                   {"--guarantee", command.guarantee != "finite-sample"},
                   {"--missing", command.missing != "refuse"},
                   {"--config", !command.config.empty()},
                   {"--deploy", command.deploy != "box"}});
  if (command.query.base == command.query.strong) {
    throw UserError("--base and --strong name the same: nothing to choose between");
  }
  const CalibrationRequest request = request_of(command);
  if (pairs.signals.size() < 2) reject("one signal", {{"--rule", command.rule != "or"}});
  const auto rule = command.rule == "and" ? TwoSignals::both : TwoSignals::either;
  const auto found = calibrate_pairs(std::move(pairs), rule, request);
  count_search(command, {data, question_of(command)}, origin);
  const Document document = calibration_document(found, request, origin);
  write_claim(command, claim_of(found, request));
  write_report(command, document, {{"frontier", frontier_figure(found)}});
  json values = json_of(found, request);
  values["searches"] = searches_json(origin);
  print(command, document, values);
  return kOk;
}

/// What the confirming run adds to the object and to the claim.
void add_confirmation(const Confirmation& confirmed, json& values, json& claim) {
  values["confirmation"] = {{"run", confirmed.arm.run.id},
                            {"threshold", confirmed.threshold},
                            {"tasks", confirmed.tasks},
                            {"not_fresh", confirmed.not_fresh},
                            {"missing", confirmed.missing},
                            {"resolved", confirmed.resolved},
                            {"p", confirmed.p},
                            {"resolve_lcb", confirmed.lower},
                            {"certified", confirmed.certified}};
  claim["guarantee"] = name_of(Guarantee::finite_sample);
  claim["threshold"] = confirmed.certified ? json(confirmed.threshold) : json();
  claim["resolve_lcb"] = confirmed.certified ? json(confirmed.lower) : json();
  claim["resolve_ci"] = claim["cost_ci"] = json();
}

/// Writes what was asked for, the policy last, and then prints.
void finish_log(const CalibrateCommand& command, const LogCalibration& found,
                const CalibrationRequest& request, const CalibrationOrigin& origin,
                const std::optional<Confirmation>& confirmed,
                const std::optional<std::string>& policy) {
  const Document document = calibration_document(found, request, origin, confirmed);
  json values = json_of(found, request);
  values["searches"] = searches_json(origin);
  values["population"] = origin.population;
  json claim = claim_of(found, request);
  if (confirmed) add_confirmation(*confirmed, values, claim);
  std::vector<std::pair<std::string, std::string>> figures;
  if (found.shows_estimates()) {
    figures = {{"frontier", frontier_figure(found)}, {"cost", cost_figure(found)}};
  }
  for (const auto& curve : found.benefit) {
    figures.emplace_back("benefit-" + curve.signal, benefit_figure(curve, found.simulated));
  }
  write_claim(command, claim);
  write_report(command, document, figures);
  if (policy) {
    replace_file(command.out, *policy);
    fmt::print(stderr, "weir: wrote {}\n", command.out.string());
  } else if (!command.out.empty()) {
    fmt::print(stderr, "weir: nothing is certified, so no policy was written to {}\n",
               command.out.string());
  }
  print(command, document, values);
}

/// A log explored turn by turn: what it estimates; it certifies nothing.
int estimate_turns(const CalibrateCommand& command, const ExplorationLog& log,
                   CalibrationOrigin origin) {
  const auto estimates = estimate_turnwise(log);
  Document document = turnwise_document(log, estimates);
  add_calibration_footer(document, command.request, origin);
  write_claim(command, {{"threshold", nullptr}, {"k", nullptr}, {"resolve_ci", nullptr},
                        {"cost_ci", nullptr}, {"resolve_lcb", nullptr},
                        {"simulated", log.simulated}});
  write_report(command, document, {});
  print(command, document, json_of(log, estimates));
  return kOk;
}

int calibrate_jsonl(const CalibrateCommand& command) {
  refuse_policy(command, "a log names no policy to write; calibrate on the runs themselves");
  reject("a log", {{"--confirm", !command.confirm.empty()},
                   {"--config", !command.config.empty()},
                   {"--deploy", command.deploy != "box"},
                   {"--prices, --scenario and --at", command.book.given()}});
  const CalibrationRequest request = request_of(command);
  const std::string text = read_file(command.log);
  CalibrationOrigin origin = origin_of(command);
  origin.what = digest_name(command.log, text);
  LogCalibration found;
  try {
    const ExplorationLog log = parse_exploration_log(command.log.string(), text);
    if (!log.turns.empty()) return estimate_turns(command, log, std::move(origin));
    found = calibrate_log(log, request);
  } catch (const UserError& error) {
    const std::string what = error.what();
    const bool named = what.rfind(command.log.string(), 0) == 0;
    throw UserError(named ? what : command.log.string() + ": " + what);
  }
  count_search(command, {sha256(text), question_of(command)}, origin);
  finish_log(command, found, request, origin, {}, {});
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
    throw UserError(
        fmt::format("--deploy gateway: a gateway has no box, and this policy needs one for {}. "
                    "Explore with redo = \"before_execution\" or \"next_turn\" and signals of "
                    "drafts",
                    fmt::join(needs, ", ")));
  }
  return fmt::format("The policy needs a box: {}.", fmt::join(needs, ", "));
}

/// The policy's text, if one is asked for and something is certified.
std::optional<std::string> policy_text(const CalibrateCommand& command, const Reader& reader,
                                       const RunLog& runs, const LogCalibration& found,
                                       const CalibrationRequest& request,
                                       const std::optional<Confirmation>& confirmed,
                                       const std::string& prices) {
  const bool certified = confirmed ? confirmed->certified : found.certified;
  if (command.out.empty() || !certified) return {};
  const double threshold =
      confirmed ? confirmed->threshold : found.estimates[*found.chosen].threshold;
  const std::string settled = settled_policy(runs.arms.front().config.policy, threshold);
  return certified_policy(
      settled, certificate_facts(reader, runs, found, request, settled, confirmed, prices));
}

std::string population_text(const std::map<std::string, std::string>& population) {
  const std::string& filter = population.at("filter");
  return fmt::format("tasks like those of {} (format {}{})", population.at("source"),
                     population.at("format"), filter.empty() ? "" : ", filter " + filter);
}

std::vector<Run> runs_of(const CalibrateCommand& command, const Reader& reader) {
  std::vector<Run> runs;
  std::set<std::string> seen;
  for (const auto& name :
       command.runs.empty() ? std::vector<std::string>{"latest"} : command.runs) {
    runs.push_back(reader.find_run(name));
    if (!seen.insert(runs.back().id).second) {
      throw UserError(fmt::format("--run {}: is there twice", name));
    }
  }
  return runs;
}

/// Prices to cost runs by, where others than the booked ones are asked for.
struct Prices {
  std::optional<PriceBook> book;
  std::string name = "as booked";
  std::string stamp;  ///< digest of the book, and how it was read
};

Prices prices_of(const CalibrateCommand& command, const Reader& reader, const Run& run) {
  Prices prices;
  prices.stamp = run.price_book_sha256;
  if (!command.book.given()) return prices;
  auto named = chosen_book(command.book, reader, run);
  prices.name = named.name;
  prices.stamp = named.book.sha256();
  const PriceView& view = named.book.view();
  std::string how;
  if (view.at) how = " at the prices of " + format_time(*view.at);
  if (!view.scenario.empty()) how = ", scenario " + view.scenario;
  prices.name += how;
  prices.stamp += how;
  prices.book = std::move(named.book);
  return prices;
}

int calibrate_explored(const CalibrateCommand& command, const Reader& reader,
                       const RunSelection& selection, const std::string& data, const Prices& prices,
                       CalibrationOrigin origin) {
  reject("a run's own thresholds",
         {{"--signal", !command.query.signals.empty()}, {"--rule", command.rule != "or"}});
  const CalibrationRequest request = request_of(command);
  const RunLog runs = read_run_log(reader, selection);
  origin.deploy = deployment(command, runs.policy);
  const auto found = calibrate_log(runs.log, request);
  std::optional<Confirmation> confirmed;
  if (!command.confirm.empty()) {
    if (!found.target) throw UserError("--confirm needs --target");
    confirmed = confirm(reader, reader.find_run(command.confirm), runs, request, *found.target);
  }
  const auto policy = policy_text(command, reader, runs, found, request, confirmed, prices.stamp);
  origin.population = confirmed
                          ? population_text(population_of({confirmed->arm}, confirmed->formats))
                          : population_text(population_of(runs.arms, runs.formats));
  json question = question_of(command);
  if (confirmed) question["confirm"] = confirmed->arm.run.id;
  count_search(command, {runs.arms.front().config.config + data, question}, origin);
  finish_log(command, found, request, origin, confirmed, policy);
  return kOk;
}

int calibrate_runs(const CalibrateCommand& command) {
  const Reader reader(command.common.db);
  RunSelection selection{runs_of(command, reader), command.config, {}};
  std::set<std::string> ids;
  std::vector<std::string> names;
  for (const auto& run : selection.runs) {
    ids.insert(run.id);
    names.push_back(run.id.substr(0, 12));
  }
  const std::string data = fmt::format(" {}", fmt::join(ids, " "));
  const Prices prices = prices_of(command, reader, selection.runs.front());
  CalibrateCommand exact = command;  // "latest" and "now" are others tomorrow
  if (!command.confirm.empty()) exact.confirm = reader.find_run(command.confirm).id.substr(0, 12);
  if (prices.book && prices.book->view().at) exact.book.at = format_time(*prices.book->view().at);
  CalibrationOrigin origin = origin_of(exact, names);
  origin.what = fmt::format("run {}", fmt::join(names, ", "));
  origin.prices = prices.name;
  selection.book = prices.book;
  if (command.query.base.empty() != command.query.strong.empty()) {
    throw UserError("--base and --strong go together");
  }
  if (command.query.base.empty()) {
    return calibrate_explored(command, reader, selection, data, prices, std::move(origin));
  }
  PairsQuery query = command.query;
  if (query.signals.empty()) query.signals = {"turns"};
  return calibrate_table(command, read_run_pairs(reader, selection, query), data,
                         std::move(origin));
}

}  // namespace

int run(const CalibrateCommand& command) {
  check_files(command);
  if (!command.log.empty()) return calibrate_jsonl(command);
  if (command.pairs.empty()) return calibrate_runs(command);
  if (command.query.base.empty() || command.query.strong.empty() || command.query.signals.empty()) {
    throw UserError("--pairs needs --base MODEL, --strong MODEL and --signal COLUMN (or hash)");
  }
  reject("a table", {{"--prices, --scenario and --at", command.book.given()}});
  const std::string text = read_file(command.pairs);
  CalibrationOrigin origin = origin_of(command);
  origin.what = digest_name(command.pairs, text);
  return calibrate_table(command, parse_paired_tasks(command.pairs.string(), text, command.query),
                         sha256(text), std::move(origin));
}

}  // namespace weir::cli
