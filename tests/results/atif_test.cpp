// The trajectory format ATIF: its rules, reading, writing.

#include "results/exchange/atif.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "results/exchange/atif_export.hpp"
#include "results/exchange/trajectory_messages.hpp"
#include "tasks/files.hpp"
#include "tests/error_of.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json sound() {
  return json::parse(R"({"schema_version": "ATIF-v1.7", "session_id": "s",
    "agent": {"name": "walker", "version": "1", "model_name": "flash"},
    "steps": [
      {"step_id": 1, "source": "user", "message": "go"},
      {"step_id": 2, "source": "agent", "message": [{"type": "text", "text": "x"}],
       "timestamp": "2026-01-01T00:00:00Z", "model_name": "flash", "reasoning_effort": "high",
       "tool_calls": [{"tool_call_id": "c1", "function_name": "bash", "arguments": {}}],
       "observation": {"results": [{"source_call_id": "c1", "content": "out"}]},
       "metrics": {"prompt_tokens": 10, "completion_tokens": 2, "cached_tokens": 4,
                   "cost_usd": 0.5}},
      {"step_id": 3, "source": "agent", "message": "", "llm_call_count": 0}]})");
}

/// What is found when the value at `pointer` is replaced (or made).
std::vector<std::string> with(const std::string& pointer, const json& value) {
  json changed = sound();
  changed[json::json_pointer(pointer)] = value;
  return check_atif(changed);
}

TEST(AtifRules, ASoundTrajectoryHasNothingToTell) {
  EXPECT_THAT(check_atif(sound()), ElementsAre());
  for (int minor = 0; minor <= 7; ++minor) {
    EXPECT_THAT(with("/schema_version", "ATIF-v1." + std::to_string(minor)), ElementsAre());
  }
  EXPECT_THAT(with("/notes", nullptr), ElementsAre());  // null is the same as absent
}

TEST(AtifRules, UnknownKeysAreRefusedAtEveryLevel) {
  EXPECT_THAT(with("/note", "x"),
              ElementsAre("note: is no key of the format; did you mean \"notes\"?"));
  EXPECT_THAT(with("/agent/zzzzzzzzz", 1), ElementsAre("agent.zzzzzzzzz: is no key of the format"));
  EXPECT_THAT(with("/final_metrics", {{"total_usd", 1}}),
              ElementsAre(HasSubstr("final_metrics.total_usd")));
  EXPECT_THAT(with("/steps/1/mesage", 1), ElementsAre(HasSubstr("steps[1].mesage")));
  EXPECT_THAT(with("/steps/1/tool_calls/0/name", 1),
              ElementsAre(HasSubstr("steps[1].tool_calls[0].name")));
  EXPECT_THAT(with("/steps/1/metrics/tokens", 1),
              ElementsAre(HasSubstr("steps[1].metrics.tokens")));
  EXPECT_THAT(with("/steps/1/observation/x", 1), ElementsAre(HasSubstr("steps[1].observation.x")));
  EXPECT_THAT(with("/steps/1/observation/results/0/id", 1),
              ElementsAre(HasSubstr("steps[1].observation.results[0].id")));
  EXPECT_THAT(with("/steps/1/message/0/x", 1), ElementsAre(HasSubstr("steps[1].message[0].x")));
}

TEST(AtifRules, TypesVersionsAndRequiredKeys) {
  EXPECT_THAT(with("/schema_version", "ATIF-v2.0"),
              ElementsAre(HasSubstr("ATIF-v1.0 to ATIF-v1.7")));
  EXPECT_THAT(with("/session_id", 1), ElementsAre("session_id: is no text"));
  EXPECT_THAT(with("/steps", json::array()), ElementsAre("steps: is empty"));
  EXPECT_THAT(with("/steps/0/message", nullptr), ElementsAre("steps[0].message: is missing"));
  EXPECT_THAT(with("/steps/0/source", "tool"), ElementsAre(HasSubstr("system, user or agent")));
  EXPECT_THAT(with("/steps/1/timestamp", "noon"), ElementsAre(HasSubstr("no ISO 8601 time")));
  EXPECT_THAT(with("/steps/1/metrics/prompt_tokens", 1.5),
              ElementsAre(HasSubstr("no whole number")));
  EXPECT_THAT(check_atif(json::array()), ElementsAre("the file: is no object"));
  EXPECT_EQ(check_atif({{"schema_version", "ATIF-v1.7"}}).size(), 2U);  // agent, steps
}

TEST(AtifRules, WhatHoldsBetweenKeys) {
  EXPECT_THAT(with("/steps/2/step_id", 4), ElementsAre("steps[2].step_id: is 4, not 3"));
  EXPECT_THAT(with("/steps/1/observation/results/0/source_call_id", "c2"),
              ElementsAre(HasSubstr("\"c2\" names no tool call of this step")));
  EXPECT_THAT(with("/steps/0/model_name", "flash"), ElementsAre(HasSubstr("is an agent's")));
  EXPECT_THAT(with("/steps/0/metrics", json::object()), ElementsAre(HasSubstr("steps[0].metrics")));
  EXPECT_THAT(with("/steps/2/metrics", json::object()),
              ElementsAre(HasSubstr("llm_call_count is 0")));
  EXPECT_THAT(with("/steps/2/reasoning_content", "x"),
              ElementsAre(HasSubstr("llm_call_count is 0")));
  EXPECT_THAT(with("/steps/1/message/0", {{"type", "image"}}),
              ElementsAre(HasSubstr("source: is missing")));
  EXPECT_THAT(
      with("/steps/1/observation/results/0/subagent_trajectory_ref", {{{"session_id", "s"}}}),
      ElementsAre(HasSubstr("neither a trajectory_id nor")));
  EXPECT_THAT(with("/subagent_trajectories", json::array({sound()})),
              ElementsAre(HasSubstr("trajectory_id: is missing")));
  json inner = sound();
  inner["trajectory_id"] = "t";
  EXPECT_THAT(with("/subagent_trajectories", json::array({inner, inner})),
              ElementsAre(HasSubstr("stands twice")));
  EXPECT_THAT(with("/subagent_trajectories", json::array({inner})), ElementsAre());
}

TEST(AtifRules, BottomlessNestingIsNoCrash) {
  json value = sound();
  value["trajectory_id"] = "t";
  for (int i = 0; i < 40; ++i) {
    json outer = sound();
    outer["trajectory_id"] = "t";
    outer["subagent_trajectories"] = json::array({std::move(value)});
    value = std::move(outer);
  }
  EXPECT_THAT(check_atif(value), testing::Contains(HasSubstr("nested too deeply")));
}

TEST(AtifImport, CountsStepsAndLeavesTheUnknownUnknown) {
  json value = sound();
  ForeignTrial trial = read_atif(value, "f", "greet").trials.at(0);
  EXPECT_EQ(trial.task, "greet");
  EXPECT_EQ(trial.config, "walker__flash");
  EXPECT_EQ(trial.outcome, Outcome::not_run);
  EXPECT_EQ(trial.turns, 2);
  EXPECT_EQ(trial.calls, 1);
  EXPECT_EQ(trial.input_total, 10);
  EXPECT_EQ(trial.input_hit, 4);
  EXPECT_EQ(trial.cost_pusd, 500'000'000'000);
  value["steps"].push_back({{"step_id", 4}, {"source", "agent"}, {"message", ""}});
  trial = read_atif(value, "f", "greet").trials.at(0);
  EXPECT_FALSE(trial.input_total);  // one step says nothing
  EXPECT_EQ(trial.calls, 2);
  value["final_metrics"] = {{"total_prompt_tokens", 30}, {"total_cached_tokens", 0}};
  trial = read_atif(value, "f", "greet").trials.at(0);
  EXPECT_EQ(trial.input_total, 30);
  EXPECT_EQ(trial.input_hit, 0);
  value["steps"][3]["is_copied_context"] = true;
  EXPECT_EQ(read_atif(value, "f", "greet").trials.at(0).calls, 1);
  value["steps"][0]["step_id"] = 7;
  EXPECT_THAT(error_of([&] { (void)read_atif(value, "f.json", "t"); }),
              HasSubstr("f.json: breaks the rules of ATIF: steps[0].step_id: is 7, not 1"));
}

TEST(AtifImport, RealTrajectoriesAreSound) {
  const std::filesystem::path data = WEIR_SHARED_DATA "/terminal/trajectories";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no shared data";
  int sound = 0;
  for (const auto& file : files_below(data)) {
    const json value = json::parse(read_file(data / file));
    if (!is_atif(value)) continue;
    EXPECT_THAT(check_atif(value), ElementsAre()) << file;
    ++sound;
  }
  EXPECT_EQ(sound, 5);
  const json value = json::parse(read_file(data / "trajectory_pass.json"));
  const ForeignTrial trial = read_atif(value, "f", "t").trials.at(0);
  EXPECT_EQ(trial.input_total, 485630);
  EXPECT_EQ(trial.input_hit, 461807);
  EXPECT_EQ(trial.turns, 11);
}

Call call_of(const std::string& id, int turn, int tier, const std::string& model) {
  Call call;
  call.segment = "R/T/C/1#1/s0";
  call.id = call.segment + "/" + id;
  call.turn = turn;
  call.tier = tier;
  call.requested_model = call.served_model = model;
  call.settled = true;
  call.tokens.input_total = 100;
  call.tokens.input_hit = 60;
  call.tokens.output_total = 5;
  call.cost_pusd = 1'000'000'000;
  call.response =
      R"({"role":"assistant","content":"hm","reasoning_content":"why","tool_calls":[{"id":"k",)"
      R"("type":"function","function":{"name":"bash","arguments":"{\"command\":\"ls\"}"}}]})";
  return call;
}

/// A turn whose flash draft was executed, undone, and made again by pro.
TrialRecord escalated_trial() {
  TrialRecord record;
  record.run.simulated = true;
  record.run.weir_version = "0";
  record.config = {"R", "C", "bash", R"([{"model":"flash","thinking":"high"},{"model":"pro"}])",
                   "",  "",  "",     true};
  record.trial.trial = "R/T/C/1";
  record.trial.task = "T";
  record.trial.config = "C";
  record.trial.attempt = 1;
  record.trial.turns = 1;
  record.trial.outcome = Outcome::resolved;
  record.trial.stop_reason = "submitted";
  record.prompt = R"({"messages":[{"role":"system","content":"rules"},{"role":"user","content":)"
                  R"("do it"}],"tools":[{"type":"function"}]})";
  record.calls = {call_of("t1/c0.0.0", 1, 0, "flash"), call_of("t1/c1.0.0", 1, 1, "pro")};
  Turn turn;
  turn.segment = record.calls[0].segment;
  turn.turn = 1;
  turn.tier = 1;
  turn.accepted_call = record.calls[1].id;
  turn.observation = R"([{"role":"tool","content":"out","tool_call_id":"k"}])";
  turn.discarded = json::array({{{"call", record.calls[0].id}, {"outputs", {"undone"}}}}).dump();
  record.turns = {turn};
  Decision decision;
  decision.segment = turn.segment;
  decision.turn = 1;
  decision.call = record.calls[0].id;
  decision.decision = "escalate";
  decision.phase = "result";
  decision.rule = "score";
  decision.score = 0.9;
  record.decisions = {decision};
  return record;
}

TEST(AtifExport, ADiscardedDraftIsAStepBeforeTheOneThatTookItsPlace) {
  const json out = atif_of(escalated_trial());
  EXPECT_THAT(check_atif(out), ElementsAre());
  ASSERT_EQ(out.at("steps").size(), 4U);
  const json& flash = out["steps"][2];
  const json& pro = out["steps"][3];
  EXPECT_EQ(flash["model_name"], "flash");
  EXPECT_EQ(flash["reasoning_effort"], "high");
  EXPECT_EQ(flash["reasoning_content"], "why");
  EXPECT_EQ(flash["extra"]["weir"]["decision"], "escalate");
  EXPECT_EQ(flash["extra"]["weir"]["decisions"][0]["rule"], "score");
  EXPECT_EQ(flash["observation"]["results"][0]["content"], "undone");
  EXPECT_EQ(flash["metrics"]["prompt_tokens"], 100);  // with the cached ones
  EXPECT_EQ(flash["metrics"]["cached_tokens"], 60);
  EXPECT_EQ(pro["model_name"], "pro");
  EXPECT_EQ(pro["extra"]["weir"]["decision"], "accept");
  EXPECT_EQ(pro["observation"]["results"][0]["source_call_id"], "k");
  EXPECT_EQ(pro["tool_calls"][0]["arguments"]["command"], "ls");
  EXPECT_EQ(out["agent"]["model_name"], "flash");
  EXPECT_EQ(out["agent"]["tool_definitions"].size(), 1U);
  EXPECT_EQ(out["final_metrics"]["total_prompt_tokens"], 200);
  EXPECT_EQ(out["final_metrics"]["total_steps"], 4);
  EXPECT_DOUBLE_EQ(out["final_metrics"]["total_cost_usd"], 0.002);
  EXPECT_TRUE(out["extra"]["weir"]["simulated"].get<bool>());
  EXPECT_THAT(out["notes"].get<std::string>(), HasSubstr("Simulated"));
}

TEST(AtifExport, ComesBackWithItsOutcomeAndItsMark) {
  const auto read = read_atif(atif_of(escalated_trial()), "f", "another name");
  EXPECT_TRUE(read.simulated);
  const ForeignTrial& trial = read.trials.at(0);
  EXPECT_EQ(trial.task, "T");
  EXPECT_EQ(trial.config, "C");
  EXPECT_EQ(trial.outcome, Outcome::resolved);
  EXPECT_EQ(trial.stop_reason, "submitted");
  EXPECT_EQ(trial.turns, 1);
  EXPECT_EQ(trial.calls, 2);
  EXPECT_EQ(trial.cost_pusd, 2'000'000'000);
}

TEST(AtifExport, WhatIsUnknownIsLeftOut) {
  TrialRecord record = escalated_trial();
  record.calls[0].cost_pusd.reset();
  record.calls[0].tokens = {};
  record.calls[0].error_class = "server";
  record.calls[0].response = "";
  record.calls[1].response =
      R"({"content":"","tool_calls":[{"id":"","function":{"name":"bash","arguments":"{\"comm"}}]})";
  record.run.simulated = record.config.simulated = false;
  const json out = atif_of(record);
  EXPECT_THAT(check_atif(out), ElementsAre());
  EXPECT_FALSE(out["steps"][2].contains("metrics"));
  EXPECT_EQ(out["steps"][2]["extra"]["weir"]["decision"], "failed");
  EXPECT_EQ(out["steps"][3]["tool_calls"][0]["extra"]["raw_arguments"], "{\"comm");
  EXPECT_EQ(out["steps"][3]["observation"]["results"][0]["source_call_id"],
            out["steps"][3]["tool_calls"][0]["tool_call_id"]);
  EXPECT_FALSE(out["final_metrics"].contains("total_cost_usd"));
  EXPECT_EQ(out["final_metrics"]["extra"]["unpriced_calls"], 1);
  EXPECT_FALSE(out.contains("notes"));
  record.prompt = "";
  EXPECT_THAT(error_of([&] { (void)atif_of(record); }), HasSubstr("no trajectory is kept"));
}

TEST(TrajectoryMessages, AreTheAcceptedPath) {
  const json out = messages_of(escalated_trial());
  ASSERT_EQ(out.at("messages").size(), 4U);  // system, user, pro's answer, its result
  EXPECT_EQ(out["messages"][3]["content"], "out");
  EXPECT_EQ(out["info"]["model_stats"]["api_calls"], 2);
  EXPECT_TRUE(out["info"]["weir"]["simulated"].get<bool>());
}

}  // namespace
}  // namespace weir
