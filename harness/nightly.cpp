#include "harness/nightly.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/peak_hours.hpp"
#include "harness/run_rows.hpp"
#include "harness/version.hpp"
#include "results/report/report.hpp"
#include "results/store/baseline_book.hpp"
#include "results/store/merge.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

TimePoint now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

void say(const std::string& line) {
  fmt::print(stderr, "nightly: {}\n", line);
}

/// Where a night's reports stand.
fs::path folder_of(const Run& run, const NightlyOptions& options) {
  return options.reports / fmt::format("{}-{}-{}", plain_file_name(run.name),
                                       format_time(run.started_at).substr(0, 10),
                                       run.id.substr(0, 6));
}

/// The newest night of the experiment, if it asks for the same and is not over: cut off,
/// or ended less than a day ago without reports.
std::optional<Run> open_night(const Experiment& experiment, const NightlyOptions& options) {
  if (!fs::exists(options.db)) return {};
  const Reader reader(options.db);
  for (const auto& run : reader.runs()) {
    const json facts = json::parse(run.facts, nullptr, false);
    const bool nightly = facts.is_object() && facts.value("nightly", false);
    if (run.name != experiment.name || !nightly) continue;
    const json spec = json::parse(run.spec, nullptr, false);
    const bool same = spec.is_object() &&
                      spec.value("toml", "") == experiment.spec.value("toml", "") &&
                      spec.value("overrides", json()) == experiment.spec.value("overrides", json());
    const bool reported = run.finished_at && (fs::exists(folder_of(run, options) / "summary.md") ||
                                              now() - *run.finished_at > std::chrono::hours(24));
    return same && !reported ? std::optional(run) : std::nullopt;
  }
  return {};
}

/// Dollars of calls made in the last seven days; what a call whose cost nobody knows had
/// reserved counts. Simulated calls have a time of their own: their run's counts.
double spent_this_week(const fs::path& db) {
  if (!fs::exists(db)) return 0;
  const Rows rows = Reader(db).query(fmt::format(
      "SELECT coalesce(sum(coalesce(call.cost_pusd, call.reserved_pusd)), 0) / 1e12 FROM call JOIN "
      "trial ON trial.id = call.trial JOIN run ON run.id = trial.run WHERE "
      "CASE WHEN call.simulated THEN run.started_at ELSE call.started_at END >= '{}'",
      format_time(now() - std::chrono::hours(24 * 7))));
  return std::stod(rows.rows.at(0).at(0).value_or("0"));
}

/// All that a run has cost so far: its own dollar limit counts from there.
double spent_by(const fs::path& db, const std::string& run) {
  const Rows rows = Reader(db).query(fmt::format(
      "SELECT coalesce(sum(coalesce(call.cost_pusd, call.reserved_pusd)), 0) / 1e12 FROM call JOIN "
      "trial ON trial.id = call.trial WHERE trial.run = '{}'",
      run));
  return std::stod(rows.rows.at(0).at(0).value_or("0"));
}

/// No money is left for a night.
struct WeekSpent {
  std::string message;
};

/// What this run may cost in all, that the week's money is kept. Throws WeekSpent when
/// none is left.
std::optional<double> nights_money(const Experiment& experiment, const NightlyOptions& options,
                                   const std::optional<Run>& unfinished) {
  if (!options.weekly_usd) return experiment.limits.run_usd;
  const double spent = spent_this_week(options.db);
  const double left = *options.weekly_usd - spent;
  if (left <= 0) {
    throw WeekSpent{
        fmt::format("the week's budget of ${:.4f} is used up: ${:.4f} were spent in seven days; "
                    "raise --weekly-usd "
                    "or wait",
                    *options.weekly_usd, spent)};
  }
  say(fmt::format("${:.4f} of the week's ${:.4f} are left", left, *options.weekly_usd));
  const double before = unfinished ? spent_by(options.db, unfinished->id) : 0;
  return std::min(before + left, experiment.limits.run_usd.value_or(before + left));
}

void heed_prices(const Experiment& experiment, bool wait, const RunControl& control) {
  const PeakAdvice advice = peak_advice(experiment, load_prices(experiment), now());
  if (!advice.text.empty()) say(advice.text);
  if (!wait || !advice.peak || !advice.off_peak_at) return;
  say("waiting for off-peak prices");
  while (now() < *advice.off_peak_at && !control.draining().stop_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

RunEnd run_or_resume(Experiment experiment, const NightlyOptions& options, RunControl& control,
                     bool& resumed) {
  RunOptions run;
  run.db = options.db;
  run.jobs = options.jobs;
  run.nightly = true;
  run.allow_model_change = options.allow_model_change;
  const auto open = open_night(experiment, options);
  if (open && open->finished_at) {
    say(fmt::format("run {} has ended without its reports: judged now", open->id.substr(0, 12)));
    resumed = true;
    return {open->id, Halt::none, "", false};
  }
  const auto money = nights_money(experiment, options, open);
  heed_prices(experiment, options.wait_off_peak, control);
  if (!open) {
    experiment.limits.run_usd = money;
    return start_run(experiment, run, control);
  }
  say(fmt::format("going on with run {}, which was cut off", open->id.substr(0, 12)));
  resumed = true;
  run.max_usd = money;
  return resume_run(open->id, {}, run, control);
}

std::optional<Baseline> baseline_of(const BaselineBook& book, const std::string& name) {
  for (auto& baseline : book.all()) {
    if (baseline.name == name) return baseline;
  }
  return {};
}

/// Refuses a night that its baseline could not judge, before it costs anything.
void require_like_baseline(const Experiment& experiment, const NightlyOptions& options,
                           const std::string& name) {
  if (!fs::exists(options.db)) return;
  const Reader reader(options.db);
  const BaselineBook book(options.db, Access::read);
  const auto baseline = baseline_of(book, name);
  if (!baseline) return;
  require_same_rules(*baseline, options.margin, options.alpha);
  const Run anchor = reader.find_run(baseline->runs.front());
  const json facts = json::parse(anchor.facts, nullptr, false);
  const auto require = [&](const char* what, const json& own) {
    if (!facts.is_object() || !facts.contains(what) || facts.at(what) == own) return;
    throw UserError(
        fmt::format("the experiment's {} are not those baseline {} was pinned with ({} against "
                    "{}): pin a baseline of "
                    "another name for them with --baseline NAME --pin-first",
                    what, name, own.dump(), facts.at(what).dump()));
  };
  require("limits", limit_facts(experiment));
  require("resources", resource_facts(experiment));
}

/// The folder of reports must be writable before a night is paid for.
void require_writable(const fs::path& folder) {
  const fs::path probe = folder / ".weir-can-write";
  replace_file(probe, "");
  std::error_code ignored;
  fs::remove(probe, ignored);
}

void judge(NightlyEnd& end, const Reader& reader, const Run& run, const std::string& name,
           const NightlyOptions& options) {
  BaselineBook book(options.db, Access::write);
  auto baseline = baseline_of(book, name);
  if (!baseline && options.pin_first) {
    if (end.missing > 0) {
      end.notice = "the night is incomplete and was not pinned as the baseline";
      return;
    }
    Baseline first;
    first.name = name;
    first.pinned_at = now();
    first.rules.margin = options.margin.value_or(first.rules.margin);
    first.rules.alpha = options.alpha.value_or(first.rules.alpha);
    first.weir_version = kVersion;
    first.runs = {run.id};
    book.pin(first);
    end.anchored = true;
    end.notice = fmt::format("this night is now baseline {}: the next one is judged by it", name);
    return;
  }
  if (!baseline) {
    end.notice = fmt::format("no baseline {}: pin one with `weir baseline pin {} --name {}`", name,
                             run.id.substr(0, 12), name);
    return;
  }
  end.anchored = true;
  if (std::find(baseline->runs.begin(), baseline->runs.end(), run.id) != baseline->runs.end()) {
    end.notice = "this night is the baseline itself";
    return;
  }
  end.gates = gate_night(reader, book, *baseline, run);
}

/// The looks at the baseline so far, as a section.
Section nights_section(const fs::path& db, const std::string& name, const Run& run,
                       const std::vector<std::string>& configs,
                       const std::vector<std::string>& suites) {
  Table table{{{"config", "config", false},
               {"suite", "suite", false},
               {"night", "night", false},
               {"run", "run", false},
               {"tasks", "tasks"},
               {"difference", "difference, points"},
               {"evidence", "evidence of a decline"},
               {"verdict", "verdict", false}},
              {}};
  const BaselineBook book(db, Access::read);
  for (const auto& config : configs) {
    for (const auto& suite : suites) {
      auto looks = book.looks(name, suite, config);
      std::erase_if(looks, [&](const GateLook& look) { return look.at > run.started_at; });
      const std::size_t from = looks.size() > 14 ? looks.size() - 14 : 0;
      for (std::size_t i = from; i < looks.size(); ++i) {
        const GateLook& look = looks[i];
        table.rows.push_back(
            {Cell::of(config),
             Cell::of(suite),
             Cell::of(format_time(look.at).substr(0, 10)),
             Cell::of(look.run.substr(0, 12)),
             Cell::number(look.look.tasks),
             {fmt::format("{:+.1f}", look.look.diff * 100), look.look.diff},
             {fmt::format("{:.3g}", std::exp(look.log_evidence)), std::exp(look.log_evidence)},
             Cell::of(std::string(name_of(look.verdict)))});
      }
    }
  }
  return {"nights", "Nights since " + name + " was pinned", {std::move(table)}, {}};
}

void write_reports(NightlyEnd& end, const Reader& reader, const Run& run, const std::string& name,
                   const NightlyOptions& options) {
  RunReport report = reader.report(run, "");
  report.gates = end.gates;
  for (auto& pair : report.pairs) reader.find_turns(pair.flips);
  std::vector<std::string> suites;
  for (const auto& arm : report.arms) {
    for (const auto& trial : arm.trials) {
      const bool known = trial.suite.empty() ||
                         std::find(suites.begin(), suites.end(), trial.suite) != suites.end();
      if (!known) suites.push_back(trial.suite);
    }
  }
  Document whole = full_document(report);
  Document summary = run_document(report);
  if (!end.gates.empty()) {
    const Section nights = nights_section(options.db, name, run, reader.config_names(run), suites);
    whole.sections.push_back(nights);
    summary.sections.push_back(nights);
  }
  if (!end.notice.empty()) {
    whole.notices.push_back(end.notice);
    summary.notices.push_back(end.notice);
  }
  end.folder = folder_of(run, options);
  end.summary = to_markdown(summary);
  json object = json_of(whole);
  object["run"] = json_report(report.comparison);
  object["gates"] = json::array();
  for (const auto& gate : end.gates) object["gates"].push_back(json_of(gate));
  replace_file(end.folder / "report.md", to_markdown(whole));
  replace_file(end.folder / "report.html", to_html(whole));
  replace_file(end.folder / "report.json",
               object.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  replace_file(end.folder / "junit.xml", to_junit(report));
  replace_file(end.folder / "summary.md", end.summary);  // the last: with it the night is over
  std::error_code ignored;                               // a convenience: `latest` for scripts
  fs::remove(options.reports / "latest", ignored);
  fs::create_directory_symlink(end.folder.filename(), options.reports / "latest", ignored);
}

}  // namespace

NightlyEnd run_night(const Experiment& experiment, const NightlyOptions& options,
                     RunControl& control) {
  const std::string name =
      options.baseline.empty() ? plain_file_name(experiment.name) : options.baseline;
  require_writable(options.reports);
  require_like_baseline(experiment, options, name);
  NightlyEnd end;
  try {
    end.run = run_or_resume(experiment, options, control, end.resumed);
  } catch (const WeekSpent& spent) {
    end.run = {"", Halt::budget, spent.message, true};
  }
  if (end.run.interrupted) return end;  // the same command goes on with it
  const Reader reader(options.db);
  const Run run = reader.find_run(end.run.run);
  end.missing = reader.compare(run.id).missing;
  judge(end, reader, run, name, options);
  try {
    write_reports(end, reader, run, name, options);
  } catch (const UserError& error) {
    end.unwritten = error.what();  // the verdict is no less true
  }
  if (options.prune_days) {
    const PruneResult pruned = prune(options.db, {*options.prune_days, false, false});
    if (!pruned.runs.empty())
      say(fmt::format("dropped the texts of {} old runs", pruned.runs.size()));
  }
  return end;
}

}  // namespace weir
