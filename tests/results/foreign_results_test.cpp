// Results of Terminal-Bench and Harbor, read from their own files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/exchange/endings.hpp"
#include "results/exchange/foreign_run.hpp"
#include "results/exchange/harbor_results.hpp"
#include "results/exchange/outcomes.hpp"
#include "results/exchange/terminal_bench_results.hpp"
#include "results/store/import_run.hpp"
#include "results/store/reader.hpp"
#include "tasks/files.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

ForeignTrial ended(Outcome verdict, const std::string& word) {
  ForeignTrial trial;
  trial.outcome = verdict;
  take_ending(trial, word);
  return trial;
}

TEST(Endings, AVerdictStandsBesideATimeout) {
  for (const char* word : {"agent_timeout", "AgentTimeoutError"}) {
    EXPECT_EQ(ended(Outcome::resolved, word).outcome, Outcome::resolved);
    EXPECT_EQ(ended(Outcome::unresolved, word).outcome, Outcome::unresolved);
    EXPECT_EQ(ended(Outcome::not_run, word).outcome, Outcome::agent_limit);
    EXPECT_EQ(ended(Outcome::resolved, word).stop_reason, "wall");
    EXPECT_EQ(ended(Outcome::resolved, word).error_class, "");
  }
}

TEST(Endings, ErrorsOfMachinesAndProvidersAreMissingData) {
  EXPECT_EQ(ended(Outcome::not_run, "ApiRateLimitError").outcome, Outcome::provider_error);
  EXPECT_EQ(ended(Outcome::unresolved, "ApiRateLimitError").outcome, Outcome::provider_error);
  EXPECT_EQ(ended(Outcome::resolved, "ApiRateLimitError").outcome, Outcome::resolved);
  EXPECT_EQ(ended(Outcome::unresolved, "agent_installation_failed").outcome, Outcome::infra_error);
  EXPECT_EQ(ended(Outcome::resolved, "agent_installation_failed").outcome, Outcome::infra_error);
  EXPECT_EQ(ended(Outcome::not_run, "DockerDaemonOnFireError").outcome, Outcome::infra_error);
  EXPECT_EQ(ended(Outcome::not_run, "DockerDaemonOnFireError").error_class,
            "DockerDaemonOnFireError");
  EXPECT_EQ(ended(Outcome::unresolved, "DockerDaemonOnFireError").outcome, Outcome::unresolved);
}

TEST(Endings, GradingThatFailedIsInvalidAndAgentsThatFailedAreTheArms) {
  EXPECT_EQ(ended(Outcome::not_run, "parse_error").outcome, Outcome::invalid);
  EXPECT_EQ(ended(Outcome::not_run, "RewardFileEmptyError").outcome, Outcome::invalid);
  EXPECT_EQ(ended(Outcome::not_run, "unknown_agent_error").outcome, Outcome::agent_error);
  EXPECT_EQ(ended(Outcome::not_run, "context_length_exceeded").stop_reason, "context");
  EXPECT_EQ(ended(Outcome::not_run, "AgentSafetyRefusalError").stop_reason, "blocked");
  EXPECT_EQ(ended(Outcome::unresolved, "unset").outcome, Outcome::unresolved);
  EXPECT_EQ(ended(Outcome::not_run, "unset").outcome, Outcome::not_run);
}

TEST(Attempts, AreNumberedByTheirBeginningWhereTheyHaveNoOrdinal) {
  std::vector<ForeignTrial> trials(3);
  for (auto& trial : trials) trial.attempt = 0;
  trials[0].started_at = parse_time("2026-01-02T00:00:00Z");
  trials[1].started_at = parse_time("2026-01-01T00:00:00Z");
  number_attempts(trials);
  EXPECT_EQ(trials[0].attempt, 2);
  EXPECT_EQ(trials[1].attempt, 1);
  EXPECT_EQ(trials[2].attempt, 3);
  std::vector<ForeignTrial> sound(2);
  sound[0].attempt = 5;
  sound[1].attempt = 2;
  number_attempts(sound);
  EXPECT_EQ(sound[0].attempt, 5);  // its source's own
}

constexpr const char* kBenchRun = R"({"results": [
  {"trial_name": "a.b.2-of-3.night", "task_id": "a.b", "is_resolved": true,
   "failure_mode": "agent_timeout", "parser_results": {"t1": "passed", "t2": "failed"},
   "total_input_tokens": 0, "total_output_tokens": 0,
   "trial_started_at": "2026-01-01T00:00:00.500000+00:00",
   "trial_ended_at": "2026-01-01T00:00:02.000000+00:00"},
  {"trial_name": "a.b.1-of-3.night", "task_id": "a.b", "is_resolved": null,
   "failure_mode": "parse_error", "parser_results": null,
   "total_input_tokens": 30, "total_output_tokens": 4, "uuid": "x"}],
  "pass_at_k": {}, "n_resolved": 1, "n_unresolved": 1, "accuracy": 0.5})";

TEST(TerminalBenchResult, OrdinalsTokensAndTimes) {
  const json value = json::parse(kBenchRun);
  ASSERT_TRUE(is_terminal_bench_result(value));
  const auto read = read_terminal_bench_result(value, "f", "c");
  ASSERT_EQ(read.trials.size(), 2U);
  const ForeignTrial& late = read.trials[0];
  EXPECT_EQ(late.attempt, 2);
  EXPECT_EQ(late.outcome, Outcome::resolved);
  EXPECT_EQ(late.stop_reason, "wall");
  EXPECT_FALSE(late.input_total);  // 0 beside a timeout: not reported
  EXPECT_FALSE(late.output_total);
  EXPECT_EQ(late.wall_ms, 1500);
  EXPECT_EQ(late.message, "1 of 2 tests passed; failed: t2");
  EXPECT_EQ(read.trials[1].attempt, 1);
  EXPECT_EQ(read.trials[1].outcome, Outcome::invalid);
  EXPECT_EQ(read.trials[1].input_total, 30);
  EXPECT_FALSE(read.trials[1].wall_ms);
}

TEST(TerminalBenchResult, BadInputNamesFileAndKey) {
  const auto error = [](const char* text) {
    return error_of([&] { (void)read_terminal_bench_result(json::parse(text), "f.json", "c"); });
  };
  EXPECT_THAT(error(R"({"results":[{"is_resolved":true}]})"),
              HasSubstr("f.json: results[0].task_id: is missing"));
  EXPECT_THAT(error(R"({"results":[{"task_id":"a","is_resolved":1}]})"),
              HasSubstr("results[0].is_resolved: is neither"));
  EXPECT_THAT(error(R"({"results":[{"task_id":"a","total_input_tokens":-3}]})"),
              HasSubstr("results[0].total_input_tokens: is no whole number"));
  EXPECT_THAT(error(R"({"results":[7]})"), HasSubstr("results[0]: is no object"));
  EXPECT_THAT(error(R"({"task_id":"a","is_resolved":true,"trial_started_at":"soon"})"),
              HasSubstr("trial_started_at: \"soon\" is no ISO 8601 time"));
}

TEST(TerminalBenchResult, ItsRunFolderNamesTheAgent) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "night");
  write_file(folder / "night/results.json", kBenchRun);
  write_file(folder / "night/run_metadata.json",
             R"({"agent_name": "walker", "model_name": "flash"})");
  const ForeignRun run = read_foreign_run(folder / "night");
  EXPECT_EQ(run.format, "terminal-bench");
  EXPECT_EQ(run.name, "night");
  EXPECT_EQ(run.outcomes.trials.at(0).config, "walker__flash");
  fs::create_directories(folder / "night/a/a.1-of-1");
  write_file(folder / "night/a/a.1-of-1/results.json", R"({"task_id": "a", "is_resolved": true})");
  const ForeignRun trial = read_foreign_run(folder / "night/a/a.1-of-1");
  EXPECT_EQ(trial.outcomes.trials.at(0).config, "walker__flash");
}

json harbor_trial() {
  return json::parse(R"({"id": "1", "task_name": "greet", "trial_name": "greet__abc1234",
    "agent_info": {"name": "walker", "version": "1", "model_info": {"name": "flash"}},
    "agent_result": {"n_input_tokens": 100, "n_cache_tokens": 40, "n_output_tokens": 7,
                     "cost_usd": 0.25},
    "verifier_result": {"rewards": {"reward": 1.0, "speed": 0.5}},
    "exception_info": null, "started_at": "2026-01-01T00:00:00",
    "finished_at": "2026-01-01T00:01:00Z", "step_results": null})");
}

ForeignTrial read_harbor(const json& value) {
  ForeignOutcomes outcomes;
  read_harbor_trial(value, "result.json", outcomes);
  return outcomes.trials.at(0);
}

TEST(HarborResult, RewardsTokensAndCosts) {
  json value = harbor_trial();
  ASSERT_TRUE(is_harbor_trial(value));
  ForeignTrial trial = read_harbor(value);
  EXPECT_EQ(trial.config, "walker__flash");
  EXPECT_EQ(trial.outcome, Outcome::unresolved);  // every reward must be at least 1
  EXPECT_EQ(trial.rewards.size(), 2U);
  EXPECT_EQ(trial.input_total, 100);  // includes the cached ones
  EXPECT_EQ(trial.input_hit, 40);
  EXPECT_EQ(trial.cost_pusd, 250'000'000'000);
  EXPECT_EQ(trial.wall_ms, 60'000);
  EXPECT_FALSE(trial.calls);  // its file does not say
  value["verifier_result"]["rewards"]["speed"] = 2;
  value["exception_info"] = {{"exception_type", "AgentTimeoutError"}, {"exception_message", "m"}};
  trial = read_harbor(value);
  EXPECT_EQ(trial.outcome, Outcome::resolved);
  EXPECT_EQ(trial.stop_reason, "wall");
  value["verifier_result"] = nullptr;
  EXPECT_EQ(read_harbor(value).outcome, Outcome::agent_limit);
}

TEST(HarborResult, StepsAreSummedAndTheirExceptionCounts) {
  json value = harbor_trial();
  value["agent_result"] = nullptr;
  value["verifier_result"] = nullptr;
  const json step = {{"step_name", "one"},
                     {"agent_result",
                      {{"n_input_tokens", 10},
                       {"n_cache_tokens", 0},
                       {"n_output_tokens", 1},
                       {"cost_usd", nullptr}}},
                     {"verifier_result", {{"rewards", {{"reward", 1}}}}}};
  json last = step;
  last["step_name"] = "two";
  last["exception_info"] = {{"exception_type", "AgentTimeoutError"}};
  value["step_results"] = {step, last};
  ForeignTrial trial = read_harbor(value);
  EXPECT_EQ(trial.input_total, 20);
  EXPECT_EQ(trial.input_hit, 0);  // known to be none
  EXPECT_EQ(trial.output_total, 2);
  EXPECT_FALSE(trial.cost_pusd);  // of no step known
  EXPECT_EQ(trial.outcome, Outcome::resolved);
  EXPECT_EQ(trial.stop_reason, "wall");
  ASSERT_EQ(trial.rewards.size(), 2U);
  EXPECT_EQ(trial.rewards[1].step, "two");
  value["step_results"][1]["verifier_result"] = nullptr;  // not every step was passed
  EXPECT_EQ(read_harbor(value).outcome, Outcome::agent_limit);
  value["verifier_result"] = {{"rewards", {{"reward", 1}}}};  // the mean of what there was
  EXPECT_EQ(read_harbor(value).outcome, Outcome::unresolved);
  value["verifier_result"] = nullptr;
  value["step_results"][1]["agent_result"]["n_input_tokens"] = nullptr;
  EXPECT_FALSE(read_harbor(value).input_total);
}

TEST(HarborResult, BadInputNamesFileAndKey) {
  json value = harbor_trial();
  value["verifier_result"]["rewards"]["reward"] = "one";
  EXPECT_THAT(error_of([&] { (void)read_harbor(value); }),
              HasSubstr("result.json: verifier_result.rewards.reward: is no number"));
  value = harbor_trial();
  value["agent_info"].erase("name");
  EXPECT_THAT(error_of([&] { (void)read_harbor(value); }),
              HasSubstr("agent_info.name: is missing"));
}

/// A job folder with two attempts of a task, the later one first by name.
void write_job(const TemporaryFolder& folder) {
  for (const char* name : {"greet__aaa", "greet__bbb"})
    fs::create_directories(folder / "job" / name);
  json trial = harbor_trial();
  trial["started_at"] = "2026-01-02T00:00:00Z";
  trial["finished_at"] = nullptr;
  write_file(folder / "job/greet__aaa/result.json", trial.dump());
  trial["verifier_result"]["rewards"] = {{"reward", 1}};
  trial["started_at"] = "2026-01-01T00:00:00Z";
  write_file(folder / "job/greet__bbb/result.json", trial.dump());
  write_file(folder / "job/result.json", R"({"id": "j", "n_total_trials": 3, "stats": {"evals": {
      "walker__flash__greets": {"reward_stats": {"reward": {"1.0": ["greet__bbb"],
      "0.0": ["greet__aaa", "greet__ccc"]}}, "exception_stats": {"AgentTimeoutError":
      ["greet__aaa"], "HealthcheckError": ["greet__ddd"]}}}}})");
}

TEST(HarborResult, AJobFolderIsOneRun) {
  const TemporaryFolder folder;
  write_job(folder);
  for (const char* path : {"job", "job/result.json"}) {
    const ForeignRun run = read_foreign_run(folder / path);
    EXPECT_EQ(run.format, "harbor-job");
    EXPECT_EQ(run.name, "job");
    ASSERT_EQ(run.outcomes.trials.size(), 2U);
    EXPECT_EQ(run.outcomes.trials[0].attempt, 2);
    EXPECT_EQ(run.outcomes.trials[1].attempt, 1);
    ASSERT_EQ(run.outcomes.notes.size(), 1U);
    EXPECT_THAT(run.outcomes.notes[0], HasSubstr("3 trials, of which 2 left a result.json"));
  }
  EXPECT_EQ(read_foreign_run(folder / "job/greet__aaa").format, "harbor-trial");
}

TEST(HarborResult, TrajectoriesCountTurnsAndConfigsThatDifferHaveNamesOfTheirOwn) {
  const TemporaryFolder folder;
  write_job(folder);
  json trial = harbor_trial();
  trial["config"] = {{"agent", {{"kwargs", {{"temperature", 1}}}, {"env", {{"KEY", "secret"}}}}}};
  fs::create_directories(folder / "job/greet__ccc/agent");
  write_file(folder / "job/greet__ccc/result.json", trial.dump());
  write_file(folder / "job/greet__ccc/agent/trajectory.json",
             R"({"schema_version": "ATIF-v1.7", "agent": {"name": "a", "version": "1"}, "steps": [
               {"step_id": 1, "source": "agent", "message": "", "llm_call_count": 3}]})");
  fs::create_directories(folder / "job/greet__bbb/agent");
  write_file(folder / "job/greet__bbb/agent/trajectory.json", "{}");
  const ForeignOutcomes outcomes = read_foreign_run(folder / "job").outcomes;
  ASSERT_EQ(outcomes.trials.size(), 3U);
  EXPECT_EQ(outcomes.trials[1].config, "walker__flash");
  EXPECT_FALSE(outcomes.trials[1].turns);
  EXPECT_EQ(outcomes.trials[2].config, "walker__flash#2");
  EXPECT_EQ(outcomes.trials[2].attempt, 1);
  EXPECT_EQ(outcomes.trials[2].turns, 1);
  EXPECT_EQ(outcomes.trials[2].calls, 3);
  EXPECT_THAT(outcomes.trials[2].variant, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(outcomes.notes.at(0), HasSubstr("its turns stay unknown"));
}

TEST(HarborResult, AJobsOwnFileListsItsTrials) {
  const TemporaryFolder folder;
  write_job(folder);
  fs::remove_all(folder / "job/greet__aaa");
  fs::remove_all(folder / "job/greet__bbb");
  const ForeignRun run = read_foreign_run(folder / "job");
  ASSERT_EQ(run.outcomes.trials.size(), 4U);
  EXPECT_EQ(run.outcomes.trials[0].config, "walker__flash");
  EXPECT_EQ(run.outcomes.trials[0].task, "greet");
  EXPECT_EQ(run.outcomes.trials[0].stop_reason, "wall");
  EXPECT_EQ(run.outcomes.trials[1].outcome, Outcome::resolved);
  EXPECT_EQ(run.outcomes.trials[3].outcome, Outcome::infra_error);
  EXPECT_FALSE(run.outcomes.trials[0].input_total);
}

TEST(ForeignRun, WhatNobodyReadsIsRefusedByName) {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& name, const std::string& text) {
    write_file(folder / name, text);
    return error_of([&] { (void)read_foreign_run(folder / name); });
  };
  EXPECT_THAT(error("a.json", "{"), HasSubstr("a.json: is no JSON"));
  EXPECT_THAT(error("b.json", "[1]"), HasSubstr("b.json: is no result that can be read"));
  EXPECT_THAT(error("c.json", R"({"trajectory_format": "own-1"})"),
              HasSubstr("own format, not ATIF"));
  EXPECT_THAT(error("d.json", R"({"results": []})"), HasSubstr("holds no trials"));
  EXPECT_THAT(error_of([&] { (void)read_foreign_run(folder.path() / "e"); }), HasSubstr("/e"));
  fs::create_directories(folder / "empty");
  EXPECT_THAT(error_of([&] { (void)read_foreign_run(folder / "empty"); }),
              HasSubstr("holds no result.json"));
}

TEST(ForeignRun, IsStoredWithRewardsTimesAndTheSimulatedMark) {
  const TemporaryFolder folder;
  ForeignOutcomes outcomes;
  json value = harbor_trial();
  read_harbor_trial(value, "f", outcomes);
  number_attempts(outcomes.trials);
  outcomes.simulated = true;
  ImportSource source;
  source.run = std::string(32, 'a');
  source.name = source.suite = source.source = "s";
  ASSERT_TRUE(import_run(folder / "i.db", source, outcomes));
  const Reader reader(folder / "i.db");
  const Rows rows = reader.query(
      "SELECT reward, calls, input_total, input_hit, v_trial.simulated, try.started_at, "
      "(SELECT count(*) FROM v_reward) FROM v_trial JOIN try USING (trial)");
  const std::vector<std::optional<std::string>> expected = {
      "1.0", std::nullopt, "100", "40", "1", "2026-01-01T00:00:00.000Z", "2"};
  EXPECT_EQ(rows.rows.at(0), expected);
}

TEST(OutcomesCsv, IsReadBack) {
  std::vector<TrialSummary> trials(3);
  trials[0].task = "a,\"b\"";
  trials[0].config = "c";
  trials[0].attempt = 2;
  trials[0].outcome = Outcome::resolved;
  trials[0].stop_reason = "wall";
  trials[0].turns = 7;
  trials[0].calls = 9;
  trials[0].input_total = 10;
  trials[0].input_hit = 0;
  trials[0].cost_pusd = 3'000'000'000'001;
  trials[0].wall_ms = 1234;
  trials[1].task = "x";
  trials[1].config = "c";
  trials[1].attempt = 1;
  trials[1].outcome = Outcome::agent_limit;
  trials[2] = trials[1];
  trials[2].attempt = 2;
  trials[2].outcome = Outcome::provider_error;
  trials[2].error_class = "rate_limit";
  const auto read = read_outcomes(outcomes_csv(trials, true), "f", "");
  EXPECT_TRUE(read.simulated);
  EXPECT_TRUE(read.ignored.empty());
  ASSERT_EQ(read.trials.size(), 3U);
  EXPECT_EQ(read.trials[0].task, trials[0].task);
  EXPECT_EQ(read.trials[0].attempt, 2);
  EXPECT_EQ(read.trials[0].stop_reason, "wall");
  EXPECT_EQ(read.trials[0].turns, 7);
  EXPECT_EQ(read.trials[0].calls, 9);
  EXPECT_EQ(read.trials[0].input_hit, 0);
  EXPECT_EQ(read.trials[0].cost_pusd, trials[0].cost_pusd);
  EXPECT_EQ(read.trials[0].wall_ms, 1234);
  EXPECT_FALSE(read.trials[0].output_total);
  EXPECT_EQ(read.trials[1].outcome, Outcome::agent_limit);
  EXPECT_EQ(read.trials[2].outcome, Outcome::provider_error);
  EXPECT_EQ(read.trials[2].error_class, "rate_limit");
}

TEST(ForeignRun, EverySharedResultIsReadOrRefusedForItsReason) {
  const fs::path data = WEIR_SHARED_DATA "/terminal";
  if (!fs::exists(data)) GTEST_SKIP() << "no shared data";
  const std::map<std::string, std::string> refused = {
      {"tb15_terminus2_cost_accuracy.csv", "no column names the task"},
      {"tb_core_0.1.1_run_metadata.json", "is no result that can be read"},
      {"mini-swe-agent-trajectory.json", "own format, not ATIF"}};
  int read = 0;
  for (const auto& file : files_below(data)) {
    const std::string name = file.filename().string();
    if (file.extension() != ".json" && file.string().find("results/") == std::string::npos)
      continue;
    const std::string error = error_of([&] { (void)read_foreign_run(data / file); });
    const auto reason = refused.find(name);
    EXPECT_THAT(error, HasSubstr(reason == refused.end() ? "no error" : reason->second)) << file;
    ++read;
  }
  EXPECT_GE(read, 29);
}

TEST(ForeignRun, ARealRunHasItsOwnTotals) {
  const std::string folder = WEIR_SHARED_DATA "/terminal/results/raw/";
  if (!fs::exists(folder)) GTEST_SKIP() << "no shared data";
  for (const char* name :
       {"20250711_openhands_claude-4-sonnet", "20250811_cursor-cli_claude-4-sonnet",
        "20250902_orchestrator_claude-4-sonnet", "20250902_orchestrator_qwen-3-coder-480B"}) {
    const fs::path file = folder + name + ".results.json";
    const json raw = json::parse(read_file(file));
    std::map<std::string, int> resolved;
    for (const auto& trial : read_foreign_run(file).outcomes.trials) {
      if (trial.outcome == Outcome::resolved) ++resolved[trial.task];
    }
    int sum = 0;
    for (const auto& [unused, count] : resolved) sum += count;
    EXPECT_EQ(sum, raw.at("n_resolved").get<int>()) << name;
  }
}

}  // namespace
}  // namespace weir
