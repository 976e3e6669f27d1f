#include "harness/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "harness/agent/model_agent.hpp"
#include "harness/agent/reference_agents.hpp"
#include "harness/calibration/signal_rates.hpp"
#include "harness/canary.hpp"
#include "harness/certificates.hpp"
#include "harness/jobs.hpp"
#include "harness/model/token_estimate.hpp"
#include "harness/model_room.hpp"
#include "harness/previous_attempts.hpp"
#include "harness/progress.hpp"
#include "harness/run_input.hpp"
#include "harness/run_rows.hpp"
#include "harness/seed.hpp"
#include "harness/trial_audit.hpp"
#include "results/audit/audit.hpp"
#include "results/store/artifacts_folder.hpp"
#include "results/store/reader.hpp"
#include "results/store/run_lock.hpp"
#include "results/store/writer.hpp"
#include "runners/host.hpp"
#include "runners/scheduler.hpp"
#include "runners/trial.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

TimePoint now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

/// 128 random bits as 32 hex digits; not seeded: two runs never share an id.
std::string fresh_run_id() {
  std::random_device device;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", device());
  return id;
}

/// Does something when a scope is left, however it is.
class AtEnd {
 public:
  explicit AtEnd(std::function<void()> work) : work_(std::move(work)) {}
  ~AtEnd() { work_(); }
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;

 private:
  std::function<void()> work_;
};

/// Everything one execution of a run needs, put together once.
class RunSession {
 public:
  RunSession(const Experiment& experiment, const RunOptions& options, const PriceBook& prices,
             RunControl& control)
      : experiment_(experiment),
        options_(options),
        control_(control),
        tasks_(load_tasks(experiment)),
        prices_(prices.viewed(experiment.price_view)),
        cores_(static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))),
        jobs_(options.jobs > 0 ? options.jobs : cores_) {
    for (const auto& config : experiment_.configs) {
      for (const auto& tier : config.tiers) {
        check_model(experiment_.models.at(tier));
      }
    }
    const ExperimentLimits& limits = experiment_.limits;
    const bool capped = std::any_of(
        experiment_.configs.begin(), experiment_.configs.end(),
        [](const ConfigSpec& config) { return config.policy.budget.usd.has_value(); });
    if (limits.run_usd || limits.usd || capped) require_prices(experiment_, prices_);
    certificates_ = check_certificates(experiment_, tasks_, prices_.sha256());
    for (const auto& shout : certificates_.shouts) fmt::print(stderr, "{}\n", shout);
    for (const auto& note : deviation_notes(experiment_, tasks_)) fmt::print(stderr, "{}\n", note);
    sandbox_ = make_sandbox(experiment_.sandbox);
    require_base(experiment_.sandbox.environment, *sandbox_, "[sandbox] environment");
    if (options_.require_full_sandbox && !sandbox_->missing().empty()) {
      throw InfraError(fmt::format("--require-sandbox full: not enforced here: {}",
                                   fmt::join(sandbox_->missing(), "; ")));
    }
  }

  RunEnd start() {
    run_ = fresh_run_id();
    if (options_.db.has_parent_path()) std::filesystem::create_directories(options_.db.parent_path());
    const RunLock lock(options_.db, run_);
    writer_ = std::make_unique<Writer>(options_.db, experiment_.simulated());
    Run row = run_row(run_, experiment_, tasks_);
    row.started_at = now();
    row.facts = facts();
    row.price_book_sha256 = prices_.sha256();
    writer_->begin_run(row, prices_.text(), config_rows(run_, experiment_), task_rows(run_, tasks_));
    return execute(jobs_of(experiment_, tasks_, run_), 0, 0);
  }

  RunEnd resume(const Run& run, const std::set<Outcome>& retry, const Reader& reader) {
    run_ = run.id;
    const RunLock lock(options_.db, run_);
    writer_ = std::make_unique<Writer>(options_.db, run.simulated);
    require_same_tasks(reader);
    require_same_policies(reader);
    std::map<std::string, TrialProgress> progress;
    for (auto& entry : reader.progress(run_)) progress.emplace(entry.trial.id, std::move(entry));
    writer_->drop_free_intents(run_);
    std::vector<Job> jobs;
    std::size_t finished = 0;
    for (auto& job : jobs_of(experiment_, tasks_, run_)) {
      for (auto& left : left_of(std::move(job), progress, retry, reader, finished)) {
        jobs.push_back(std::move(left));
      }
    }
    if (jobs.empty()) {
      if (!run.finished_at) writer_->finish_run(run_, now());
      return {run_, Halt::none, "", false};
    }
    writer_->reopen_run(run_);
    return execute(std::move(jobs), finished, spent_before(reader));
  }

 private:
  RunEnd execute(std::vector<Job> jobs, std::size_t finished, Picodollars spent) {
    std::optional<Picodollars> limit;
    if (experiment_.limits.run_usd) {
      limit = dollar_limit(*experiment_.limits.run_usd, "the run's dollar limit");
    }
    allow_open_files(1024 + 16 * jobs_);
    Budget budget(limit, spent);
    Limiter busy_boxes(cores_);
    Limiter graders(cores_);
    Watchdog watchdog;
    EnvironmentCache environments(*sandbox_, 2 * static_cast<std::size_t>(jobs_) + 2,
                                  experiment_.sandbox.environment, experiment_.sandbox.limits);
    std::set<std::string> pending;
    for (const auto& job : jobs) {
      for (const auto& trial : job.trials) {
        if (job.done.count(trial.id) == 0) pending.insert(trial.id);
      }
    }
    Progress progress(pending.size() + finished, finished, budget, options_.quiet);
    ModelRoom models({experiment_, prices_, *writer_, budget, control_,
                      options_.allow_model_change,
                      [&progress](const std::string& line) { progress.note(line); }});
    const Reader reader(options_.db);
    models.know_served(reader, run_);
    std::atomic<bool> abandoned{false};
    PreviousAttempts previous(std::move(pending));
    VisibleTestsBook visible_tests;
    const auto canary = [&](CanaryPhase phase) {
      if (!experiment_.canary) return;
      run_canary(models, experiment_, run_, phase, *writer_, reader, watchdog, control_.stopping());
    };

    const auto work = [&](std::size_t index) {
      Job& job = jobs[index];
      bool over = false;
      const AtEnd done(
          [&] { over ? previous.finished(job.first().id) : previous.abandoned(job.first().id); });
      progress.trial_started();
      job.cassette = cassette_of(job);
      if (job.cassette && !job.cassette->was_run) {
        writer_->record_not_run(job.trials, "was not run when it was recorded", now());
        Try none;
        none.outcome = Outcome::not_run;
        for (const auto& trial : job.trials) progress.trial_finished(trial, none);
        over = true;
        return;
      }
      const TrialRoom room{*sandbox_,
                           environments,
                           busy_boxes,
                           graders,
                           watchdog,
                           *writer_,
                           {},
                           false,
                           experiment_.limits.elapsed,
                           experiment_.limits.wall,
                           experiment_.sandbox.network,
                           [this](const Task& task, Try& attempt) {
                             audit_try(task, attempt, *writer_, experiment_.strict_integrity);
                           },
                           public_network(),
                           artifacts_folder(options_.db, run_)};
      const auto agents = [&](const Job& asked, const AgentContext& context) {
        return make_agent(asked, context, models, busy_boxes, visible_tests, progress);
      };
      try {
        if (job.config->policy.previous_attempt_failed) {
          job.previous_attempt_failed =
              previous.failed_before(job.first(), Reader(options_.db), control_.stopping());
        }
        const auto tries = run_to_end(job, {room, agents, progress}, experiment_.limits.retries);
        for (const auto& trial : job.trials) {
          const auto end = std::find_if(tries.begin(), tries.end(), [&](const Try& attempt) {
            return attempt.trial == trial.id;
          });
          if (end != tries.end()) progress.trial_finished(trial, *end);
        }
        over = true;
      } catch (const Cancelled&) {
        abandoned = true;
      } catch (const StoreError& error) {  // nothing more can be recorded: stop the others too
        control_.stop(Halt::store, error.what());
        throw;
      }
    };
    std::size_t started = 0;
    try {
      canary(CanaryPhase::before);
      started = run_jobs(jobs.size(), jobs_, work, control_.draining());
      if (started == jobs.size() && !abandoned) canary(CanaryPhase::after);
    } catch (const Cancelled&) {
      abandoned = true;
    }
    for (const std::string& lines : {canary_report(reader, run_), models.warnings()}) {
      if (!lines.empty()) progress.note(std::string(trimmed(lines)));
    }
    if (!abandoned) {
      for (const auto& line : watch_certificates(reader, reader.find_run(run_))) progress.note(line);
    }
    return finish(jobs, started, abandoned);
  }

  /// What a public network is to tasks, where the run grants them what they declare.
  [[nodiscard]] std::optional<Network> public_network() const {
    if (!experiment_.sandbox.declared_networks) return {};
    return experiment_.sandbox.backend == "oci" ? Network::open : Network::proxy;
  }

  /// What working on a job takes beside the job.
  struct Workshop {
    const TrialRoom& room;
    std::function<std::unique_ptr<Agent>(const Job&, const AgentContext&)> agents;
    Progress& progress;
  };

  /// Runs a job's trials to their outcomes. Errors of providers and machines get new tries,
  /// as many as the limits allow, and each is said.
  std::vector<Try> run_to_end(Job& job, const Workshop& workshop, int retries) {
    std::vector<Try> tries = try_once(job, workshop);
    for (auto& attempt : tries) {
      if (retries == 0 || !worth_another(attempt)) continue;
      workshop.progress.note(fmt::format("{}: {} ({}); try {} begins", attempt.trial,
                                         name_of(*attempt.outcome), attempt.message,
                                         attempt.number + 1));
      Job again = job.again_alone(attempt.trial, attempt.number + 1);
      attempt = run_to_end(again, workshop, retries - 1).front();
    }
    return tries;
  }

  std::vector<Try> try_once(Job& job, const Workshop& workshop) {
    TrialRoom room = workshop.room;
    room.make_agent = [&](const AgentContext& context) { return workshop.agents(job, context); };
    try {
      return run_trials(*job.task, job.trials, job.try_number, job.done, room, control_.stopping());
    } catch (const ReplayDiverged& divergence) {
      workshop.progress.note(fmt::format("{}: {}; try {} begins", job.first().id, divergence.what(),
                                         job.try_number + 1));
    }
    if (job.done.empty()) {
      ++job.try_number;
      job.recorded = {};
      return try_once(job, workshop);
    }
    std::vector<Try> tries;  // some of a tree are over: the others go on alone
    for (const auto& trial : job.trials) {
      if (job.done.count(trial.id) != 0) continue;
      Job alone = job.again_alone(trial.id, job.try_number + 1);
      tries.push_back(try_once(alone, workshop).front());
    }
    return tries;
  }

  [[nodiscard]] bool worth_another(const Try& attempt) const {
    if (control_.draining().stop_requested()) return false;
    if (attempt.outcome == Outcome::infra_error) return attempt.may_pass;
    return attempt.outcome == Outcome::provider_error && attempt.may_pass;
  }

  std::unique_ptr<Agent> make_agent(const Job& job, const AgentContext& context,
                                    const ModelRoom& models, Limiter& busy_boxes,
                                    VisibleTestsBook& visible_tests, Progress& progress) {
    if (job.config->agent == "oracle") {
      return make_oracle_agent(context.task.hidden, context.environment);
    }
    if (job.config->agent == "nop") return make_nop_agent();
    const Trial& trial = context.trials.front();
    const std::uint64_t seed = mix_seed(
        experiment_.seed, fmt::format("{}/{}/{}", trial.task, trial.config, job.seed_attempt));
    AgentLimits limits;
    limits.turns = experiment_.limits.turns;
    limits.tokens = experiment_.limits.tokens;
    limits.command = experiment_.limits.command;
    limits.free_context = experiment_.limits.free_context;
    limits.time = time_limit(experiment_, *job.task);
    const std::string segment = fmt::format("{}#{}/s0", trial.id, job.try_number);
    const std::string nonce = experiment_.cache_nonce ? sha256(segment).substr(0, 32) : "";
    const auto look = [&visible_tests, &progress, task = job.task](const CheckRoom& room) {
      bool first = false;
      auto tests = visible_tests.of(*task, room, first);
      if (first && !tests->overlap().empty()) {
        progress.note(fmt::format("{}: {}", task->shown.id, tests->overlap()));
      }
      return tests;
    };
    const AgentTask& shown = context.task.shown;
    return make_model_agent(
        {.kind = *job.config->kind,
         .ledger = models.open({trial.id, segment, {}}, job.config->tiers, *job.task, seed,
                               job.recorded.calls),
         .policy = job.config->policy,
         .limits = limits,
         .sandbox = *sandbox_,
         .busy_boxes = busy_boxes,
         .environment = context.environment,
         .visible_tests = look,
         .outlook = {shown.difficulty, estimate_tokens(shown.instruction),
                     job.previous_attempt_failed},
         .members = members_of(context.trials, job.config->policy),
         .seed = seed,
         .try_number = job.try_number,
         .attempt = trial.attempt,
         .recorded = {job.recorded.turns, job.recorded.decisions},
         .cassette = [this, &job](const std::string& of) { return cassette_turns(job, of); },
         .nonce = job.cassette ? job.cassette->nonce : nonce,
         .part = context.part,
         .step = shown.terminal.steps.empty() ? "" : shown.terminal.steps.at(context.step).name,
         .forks = !job.cassette});
  }

  static std::vector<TreeMember> members_of(const std::vector<Trial>& trials,
                                            const Policy& policy) {
    std::vector<TreeMember> members;
    for (const auto& trial : trials) {
      TreeMember member{trial.id, trial.threshold.value_or(policy.threshold)};
      const auto place = std::find(policy.grid.begin(), policy.grid.end(), member.threshold);
      if (place != policy.grid.end())
        member.place = static_cast<std::size_t>(place - policy.grid.begin());
      members.push_back(std::move(member));
    }
    return members;
  }

  /// What a replayed trial's cassette holds; nullopt for one that is not replayed.
  [[nodiscard]] std::optional<CassetteTrial> cassette_of(const Job& job) const {
    for (const auto& name : job.config->tiers) {
      const ModelSpec& spec = experiment_.models.at(name);
      if (spec.provider == "replay") return cassette_trial(spec, job.first().id);
    }
    return {};
  }

  [[nodiscard]] std::vector<Turn> cassette_turns(const Job& job, const std::string& trial) const {
    if (!job.cassette) return {};
    if (trial == job.first().id) return job.cassette->turns;
    for (const auto& name : job.config->tiers) {
      const ModelSpec& spec = experiment_.models.at(name);
      if (spec.provider == "replay") return cassette_trial(spec, trial).turns;
    }
    return {};
  }

  RunEnd finish(const std::vector<Job>& jobs, std::size_t started, bool abandoned) {
    RunEnd end{run_, control_.why(), control_.message(), abandoned || started < jobs.size()};
    if (end.why == Halt::provider && started < jobs.size()) {
      std::vector<Trial> rest;
      for (std::size_t i = started; i < jobs.size(); ++i) {
        rest.insert(rest.end(), jobs[i].trials.begin(), jobs[i].trials.end());
      }
      writer_->record_not_run(rest, end.message, now());
    }
    if (!end.interrupted) writer_->finish_run(run_, now());
    return end;
  }

  /// The run's tasks, neither changed nor joined by others since.
  void require_same_tasks(const Reader& reader) const {
    const Rows stored = reader.query(
        fmt::format("SELECT task, sha256 FROM task WHERE run = '{}'", run_));
    if (stored.rows.size() < tasks_.size()) {
      throw UserError("the suite has more tasks than when the run began; start a new run");
    }
    for (const auto& row : stored.rows) {
      const auto task = std::find_if(tasks_.begin(), tasks_.end(), [&](const Task& candidate) {
        return candidate.shown.id == row[0].value_or("");
      });
      if (task == tasks_.end() || task->sha256 != row[1].value_or("")) {
        throw UserError(fmt::format("task {} is not what it was when the run began; restore the "
                                    "suite, or start a new run",
                                    row[0].value_or("?")));
      }
    }
  }

  /// What routes is part of an arm: a program that changed would make it another one.
  void require_same_policies(const Reader& reader) const {
    const auto stored = reader.configs(run_);
    for (const auto& now : config_rows(run_, experiment_)) {
      const auto then = std::find_if(stored.begin(), stored.end(), [&](const ConfigRow& row) {
        return row.config == now.config;
      });
      if (then == stored.end() || then->policy_sha256 == now.policy_sha256) continue;
      throw UserError(fmt::format("the policy of config {} is not what it was when the run began; "
                                  "restore its program, or start a new run",
                                  now.config));
    }
  }

  Picodollars spent_before(const Reader& reader) const {
    const Rows rows = reader.query(fmt::format(
        "SELECT coalesce(sum(coalesce(call.cost_pusd, call.reserved_pusd)), 0) FROM call JOIN trial "
        "ON trial.id = call.trial WHERE trial.run = '{}'",
        run_));
    return std::stoll(rows.rows.at(0).at(0).value_or("0"));
  }

  /// What the run ran on.
  std::string facts() const {
    json view = {{"scenario", experiment_.price_view.scenario}};
    if (experiment_.price_view.at) view["at"] = format_time(*experiment_.price_view.at);
    return json{
        {"jobs", jobs_},
        {"price_view", view},
        {"own_price_book", !experiment_.price_book.empty() || !experiment_.price_fallback.empty()},
        {"cores", cores_},
        {"nightly", options_.nightly},
        {"host_sha256", host_digest()},
        {"limits", limit_facts(experiment_)},
        {"resources", resource_facts(experiment_)},
        {"certificates", certificates_.facts()},
        {"policy_deviations", deviation_notes(experiment_, tasks_)},
        {"audit", {{"rules", kAuditRules}, {"strict", experiment_.strict_integrity}}},
        {"sandbox", json::parse(sandbox_->description())}}
        .dump();
  }

  const Experiment& experiment_;
  const RunOptions& options_;
  RunControl& control_;
  std::vector<Task> tasks_;
  PriceBook prices_;
  Certificates certificates_;
  int cores_;
  int jobs_;
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<Writer> writer_;
  std::string run_;
};

}  // namespace

RunEnd start_run(const Experiment& experiment, const RunOptions& options, RunControl& control) {
  return RunSession(experiment, options, load_prices(experiment), control).start();
}

RunEnd resume_run(const std::string& run, const std::set<Outcome>& retry,
                  const RunOptions& options, RunControl& control) {
  const Reader reader(options.db);
  const Run row = reader.find_run(run);
  Experiment experiment = experiment_from_spec(json::parse(row.spec), options.db);
  if (options.max_usd) {
    (void)dollar_limit(*options.max_usd, "--max-usd");
    experiment.limits.run_usd = options.max_usd;
  }
  const PriceBook prices =
      PriceBook::parse(reader.price_book(row.price_book_sha256), "the run's price book");
  return RunSession(experiment, options, prices, control).resume(row, retry, reader);
}

}  // namespace weir
