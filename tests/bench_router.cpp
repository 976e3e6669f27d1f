// What routing costs: the processor time of judging and of its rows per turn, the time an
// escalation takes besides its call, and the whole harness's processor time per turn over
// a floor of one process and one row. Interleaved; the ratios are the claim.

#include <fmt/format.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <vector>

#include "harness/agent/model_agent.hpp"
#include "harness/router/cascade.hpp"
#include "harness/router/commands.hpp"
#include "results/store/writer.hpp"
#include "runners/sandbox.hpp"
#include "tests/temporary_folder.hpp"

extern char** environ;

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

/// Processor time of this process so far, its children's left out.
double used_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return milliseconds_of(usage.ru_utime) + milliseconds_of(usage.ru_stime);
}

/// Processor time of this process, of what it starts, and of its living boxes: an
/// accounting cgroup that it moves into beside theirs, where the machine has one.
/// Weir sweeps it away with them, by its name.
class WholeTime {
 public:
  WholeTime() {
    std::error_code ignored;
    std::filesystem::create_directory(folder_, ignored);
    std::ofstream(folder_ / "cgroup.procs") << ::getpid();
  }
  [[nodiscard]] double used_ms() const {
    double total = 0;  // stays 0 where there is no such hierarchy
    std::error_code ignored;
    for (const auto& group : std::filesystem::directory_iterator(folder_.parent_path(), ignored)) {
      if (group.path().filename().string().rfind(ours_, 0) != 0) continue;
      double nanoseconds = 0;
      std::ifstream(group.path() / "cpuacct.usage") >> nanoseconds;
      total += nanoseconds / 1e6;
    }
    return total;
  }

 private:
  std::string ours_ = fmt::format("weir-{}-", ::getpid());
  std::filesystem::path folder_ = "/sys/fs/cgroup/cpuacct/" + ours_ + "bench";
};

struct Spent {
  double own = 0;    ///< This process's processor time per turn, ms.
  double whole = 0;  ///< With that of all the processes it started.
};

const WholeTime everyone;

/// What `body` spends per turn.
template <typename Body>
Spent spent_by(int turns, Body&& body) {
  const double own = used_ms();
  const double whole = everyone.used_ms();
  body();
  return {(used_ms() - own) / turns, (everyone.used_ms() - whole) / turns};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void report(const char* what, double value, const char* unit, double aim) {
  fmt::print("{:<64} {:8.3f} {}  (aim: {} {:g} {})\n", what, value, unit,
             value <= aim ? "<=" : "MISSED <=", aim, unit);
}

Policy sample_policy() {
  Policy policy;
  policy.tiers = {"flash", "pro"};
  policy.threshold = 0.6;
  policy.grid = {0.2, 0.4, 0.6, 0.8, 1.01};
  for (const auto& name : signal_names()) policy.weights[name] = 0.1;
  return policy;
}

/// A run of one trial, begun.
Trial begin_trial(Writer& writer) {
  Run run;
  run.id = std::string(32, 'a');
  writer.begin_run(run, "{}", {{run.id, "c", "bash", "[]", "", "", "", true}},
                   {{run.id, "t", "s", "f", "sha", "", ""}});
  Trial trial;
  trial.id = run.id + "/t/c/1";
  trial.run = run.id;
  trial.task = "t";
  trial.config = "c";
  Try attempt;
  attempt.trial = trial.id;
  writer.begin_try(trial, attempt);
  return trial;
}

/// Judging a draft and its result, with all their signals' rows, turn after turn.
void judging() {
  const TemporaryFolder folder;
  Writer writer(folder / "w.db", true);
  const Trial trial = begin_trial(writer);
  const std::string segment = trial.id + "#1/s0";
  writer.begin_segment({segment, trial.id, 1, "", {}, "{}"});
  const Policy policy = sample_policy();
  const Cascade router(policy, policy.threshold, 1);
  const RecordedTurns none;
  const std::vector<Turn> no_cassette;
  TurnLog log(writer, none, no_cassette);
  const std::vector<std::string> commands = {
      "cd src && grep -rn 'merge' --include=*.py . | head -40 && sed -n '1,120p' pkg/module.py"};
  RouterState state;
  constexpr int kTurns = 2000;
  const double began = used_ms();
  for (int turn = 1; turn <= kTurns; ++turn) {
    TurnEvidence evidence;
    evidence.turn = turn;
    evidence.output_tokens = evidence.reasoning_tokens = 100;
    for (int recent = 0; recent < 8; ++recent) {
      evidence.similarity = similarity(normalised(commands), normalised(commands));
    }
    const std::string call = fmt::format("{}/t{}/c0.0.0", segment, turn);
    const DecisionPlace draft{segment, turn, 0, call, "draft"};
    log.judged(draft, router.judge_draft(state, evidence, 0), policy.threshold, evidence);
    evidence.executed = true;
    evidence.changed_files = true;
    evidence.tests = TestsSeen{false, 0, 0, {}};
    const Judgement result = router.judge_result(state, evidence, 0, Undo::exact);
    log.judged({segment, turn, 0, call, "result"}, result, policy.threshold, evidence);
    state = router.advance(state, evidence, 0, result);
    writer.finish_turn({segment, turn, 0, call, "[]", "[]", "[]", "", 0});
  }
  report("router, signals, their rows and the turn's: processor time per turn",
         (used_ms() - began) / kTurns, "ms", 0.3);
}

/// A turn that is undone and run again.
void escalating() {
  const auto sandbox = make_box_sandbox();
  const auto box = sandbox->create({});
  ExecRequest request;
  request.script = "echo x >> /app/x";
  request.env = {{"PATH", "/usr/bin:/bin"}};
  std::vector<double> taken;
  for (int i = 0; i < 200; ++i) {
    const SnapshotPtr before = box->snapshot();
    (void)box->exec(request);
    const auto began = Clock::now();
    box->restore(before);
    (void)box->exec(request);
    taken.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
  }
  report("an escalation: restore and re-run, median", median(taken), "ms", 15);
}

/// One process and one row: what a turn costs at the very least.
void run_floor(int turns) {
  const TemporaryFolder folder;
  sqlite3* database = nullptr;
  sqlite3_open((folder / "floor.db").c_str(), &database);
  sqlite3_exec(
      database,
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE turn (id INTEGER "
      "PRIMARY KEY, command TEXT, output TEXT)",
      nullptr, nullptr, nullptr);
  for (int i = 0; i < turns; ++i) {
    const char* argv[] = {"/bin/bash", "-c", "true", nullptr};
    pid_t pid = -1;
    ::posix_spawn(&pid, argv[0], nullptr, nullptr, const_cast<char**>(argv), environ);
    ::waitpid(pid, nullptr, 0);
    sqlite3_exec(database, "INSERT INTO turn (command, output) VALUES ('true', 'exit code: 0')",
                 nullptr, nullptr, nullptr);
  }
  sqlite3_close(database);
}

/// Answers every turn with one small command and takes no time.
class EndlessModel final : public Model {
 public:
  Completion complete(const ChatRequest& request, const CallContext& context) override {
    Completion completion;
    completion.message.role = Role::assistant;
    completion.message.reasoning = "I look at the next part before I change anything.";
    completion.message.tool_calls = {
        {fmt::format("call_{}", context.turn), "bash", R"({"command": "true"})"}};
    completion.finish_reason = "tool_calls";
    completion.served_model = "bench";
    completion.tokens = {100, static_cast<std::int64_t>(request.messages.size()) * 20,       0, 20,
                         10,  100 + static_cast<std::int64_t>(request.messages.size()) * 20, 30};
    return completion;
  }
  std::unique_ptr<Model> clone() const override { return std::make_unique<EndlessModel>(); }
};

/// One trial with a sandbox, a box and a database of its own, and a model that costs nothing.
Spent run_trial(const Policy& policy, int turns) {
  const TemporaryFolder folder;
  Writer writer(folder / "w.db", true);
  const auto sandbox = make_box_sandbox();
  AgentTask task;
  task.id = "t";
  const auto environment = prepare_environment(task, "sha", *sandbox);
  const Trial trial = begin_trial(writer);
  Watchdog watchdog;
  Deadline deadline(watchdog, std::stop_token());
  Limiter busy(2);
  Budget budget({});
  RunControl control;
  const PriceBook prices = PriceBook::bundled();
  ServedWatch served([](const ModelChange&) {});
  std::map<std::string, std::unique_ptr<CallLimiter>> limiters;
  std::vector<TierModel> tiers;
  for (const auto& name : policy.tiers) {
    ModelSpec spec;
    spec.name = name;
    spec.provider = "simulated";
    spec.price_host = "api.deepseek.com";
    spec.price_as = "deepseek-v4-" + name;
    limiters.emplace(name, make_adaptive_limiter(8, {}));
    tiers.push_back({spec, std::make_unique<EndlessModel>()});
  }
  const LedgerRoom room{writer, prices, budget, limiters, served, control};
  const std::string segment = trial.id + "#1/s0";
  AgentLimits limits;
  limits.turns = turns;
  const auto agent = make_model_agent(
      {.kind = *find_agent_kind("bash"),
       .ledger = std::make_unique<TrialLedger>(room, TrialLedger::Trial{trial.id, segment, {}},
                                               std::move(tiers), std::vector<Call>{}),
       .policy = policy,
       .limits = limits,
       .sandbox = *sandbox,
       .busy_boxes = busy,
       .environment = *environment,
       .visible_tests = [](const CheckRoom&) { return std::make_shared<const VisibleTests>(); },
       .outlook = {},
       .members = {{trial.id, policy.threshold}},
       .seed = 1,
       .try_number = 1,
       .attempt = 1,
       .recorded = {},
       .cassette = [](const std::string&) { return std::vector<Turn>{}; },
       .nonce = "",
       .part = {}});
  const auto box = sandbox->create(environment->on(environment->snapshot));
  return spent_by(turns, [&] { (void)agent->run(task, *box, writer, deadline); });
}

void compare(const std::string& what, double harness, double floor) {
  report(what.c_str(), harness / floor, "x", 1.5);
  fmt::print("  {:.3f} ms a turn, floor (posix_spawn of bash, one row) {:.3f} ms\n", harness, floor);
}

void whole_harness() {
  constexpr int kTurns = 250;
  Policy alone;
  alone.tiers = {"flash"};
  for (const auto& [name, policy] : {std::pair{"one tier", alone}, {"cascade", sample_policy()}}) {
    std::vector<double> own[2];
    std::vector<double> whole[2];
    for (int i = 0; i < 7; ++i) {
      const Spent floor = spent_by(kTurns, [] { run_floor(kTurns); });
      const Spent harness = run_trial(policy, kTurns);
      own[0].push_back(floor.own);
      own[1].push_back(harness.own);
      whole[0].push_back(floor.whole);
      whole[1].push_back(harness.whole);
    }
    if (median(whole[0]) > 0) {
      compare(fmt::format("{}: all processor time per turn, over a floor's", name),
              median(whole[1]), median(whole[0]));
    } else {
      fmt::print("{}: all processor time per turn: needs a cpuacct cgroup\n", name);
    }
    compare(fmt::format("{}: the same without the processes started", name), median(own[1]),
            median(own[0]));
  }
}

}  // namespace
}  // namespace weir

int main() {
  weir::judging();
  weir::escalating();
  weir::whole_harness();
}
