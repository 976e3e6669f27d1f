#include "tests/fuzz/targets.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/agent/bash_protocol.hpp"
#include "harness/agent/keystrokes.hpp"
#include "harness/agent/terminal_protocol.hpp"
#include "harness/agent/terminal_reply.hpp"
#include "harness/calibration/certified_policy.hpp"
#include "harness/calibration/log_reader.hpp"
#include "harness/calibration/paired_search.hpp"
#include "harness/calibration/settled_policy.hpp"
#include "harness/dataset/rows_page.hpp"
#include "harness/model/failure.hpp"
#include "harness/model/wire/delta_template.hpp"
#include "harness/model/wire/json_fields.hpp"
#include "harness/model/wire/reply_reader.hpp"
#include "harness/model/wire/usage.hpp"
#include "harness/router/commands.hpp"
#include "harness/router/external_policy.hpp"
#include "harness/router/policy.hpp"
#include "harness/validation/validity.hpp"
#include "results/audit/audit.hpp"
#include "results/exchange/atif.hpp"
#include "results/exchange/harbor_results.hpp"
#include "results/exchange/outcomes.hpp"
#include "results/exchange/terminal_bench_results.hpp"
#include "results/prices.hpp"
#include "results/quarantine.hpp"
#include "results/store/text_column.hpp"
#include "runners/check_patch.hpp"
#include "runners/grade/grader.hpp"
#include "runners/grade/named_statuses.hpp"
#include "runners/grade/official_log.hpp"
#include "runners/oci/engine.hpp"
#include "runners/relay.hpp"
#include "runners/test_names.hpp"
#include "tasks/error.hpp"
#include "tasks/json_rows.hpp"
#include "tasks/text.hpp"

namespace weir::fuzz {
namespace {

/// Any command and any diff is audited, and nothing but UTF-8 comes out.
void audited(std::string_view bytes) {
  Turn turn;
  turn.actions = nlohmann::json::array({to_utf8(bytes)}).dump();
  const std::vector<Turn> turns = {turn};
  for (const auto& finding : audit({.turns = turns, .submission = bytes, .of_repository = true})) {
    require(to_utf8(finding.detail) == finding.detail && finding.detail.size() < 600);
  }
}
/// A program's word on a log: whatever it is, a failure or tests, and never both.
void named_statuses(std::string_view bytes) {
  const NamedStatuses read = parse_named_statuses(bytes);
  require(read.failure.empty() || read.tests.empty());
  require(to_utf8(read.failure) == read.failure && read.failure.size() < 1000);
}
std::string text_of(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
void rows_page(std::string_view bytes) {
  try {
    for (const auto& line : parse_rows_page(bytes, 3, 2).lines) {
      require(line.find('\n') == std::string::npos);
    }
  } catch (const InfraError&) {
  }
}
void quarantine(std::string_view bytes) {
  const auto once = quarantine_json(parse_quarantine(bytes, "f"));
  require(quarantine_json(parse_quarantine(text_of(once), "f")) == once);
}
void validity(std::string_view bytes) {
  const auto once = validity_row(read_validity_row(parse_row(bytes)));
  require(validity_row(read_validity_row(parse_row(text_of(once)))) == once);
}
void policy(std::string_view bytes) { (void)parse_policy("f", std::string(bytes)); }
void prices(std::string_view bytes) {
  (void)PriceBook::parse(bytes, "f");
}
void inline_patch(std::string_view bytes) { (void)find_inline_patch(bytes); }
void reward(std::string_view bytes) {
  try {
    (void)parse_reward_text(bytes);
  } catch (const UserError&) {
  }
  (void)parse_reward_json(bytes);
}

/// No verdict of a log without its parser, and none of an empty one.
void test_log(std::string_view bytes) {
  const std::string log = official_text(bytes);
  for (const char* parser : {"pytest", "swebench", "jest", "none"}) {
    Verdict verdict;
    judge_test_log(log, parser, verdict);
    const bool readable = knows_test_log(parser) && !log.empty();
    require(readable || verdict.outcome == Outcome::invalid);
  }
}
void images(std::string_view bytes) {
  try {
    (void)parse_images(std::string(bytes));
  } catch (const InfraError&) {
  }
}
/// Nobody gets past the relay without the token.
void gateway_token(std::string_view bytes) {
  constexpr std::string_view kToken = "s3cret";
  if (shows_token(bytes, kToken)) require(bytes.find(kToken) != std::string_view::npos);
}
/// However a reply is cut, what is read of it is the same.
void reply(std::string_view bytes, std::unique_ptr<ReplyDecoder> (*make)()) {
  for (const long status : {200L, 400L}) {
    ReplyReader whole(make(), true);
    whole.push(status, bytes);
    const Completion completion = whole.finish(status);
    ReplyReader pieces(make(), true);
    for (std::size_t at = 0; at < bytes.size(); at += 7) pieces.push(status, bytes.substr(at, 7));
    const Completion again = pieces.finish(status);
    require(completion_to_text(again) == completion_to_text(completion));
    require(again.error_class == completion.error_class && again.tokens == completion.tokens);
    require(completion.ok() || find_failure_class(completion.error_class) != nullptr);
    if (!completion.ok()) continue;
    (void)read_draft(completion);
    Completion stored;
    completion_from_text(completion_to_text(completion), stored);
    require(completion_to_text(stored) == completion_to_text(completion));
  }
}
void chat_reply(std::string_view bytes) { reply(bytes, make_chat_decoder); }
void messages_reply(std::string_view bytes) { reply(bytes, make_messages_decoder); }
void responses_reply(std::string_view bytes) { reply(bytes, make_responses_decoder); }
void sse(std::string_view bytes) {
  std::string whole;
  std::string pieces;
  SseFramer one([&](const SseEvent& event) { whole += fmt::format("{}\1{}\2", event.name, event.data); });
  SseFramer other([&](const SseEvent& event) { pieces += fmt::format("{}\1{}\2", event.name, event.data); });
  one.push(bytes);
  for (std::size_t at = 0; at < bytes.size(); ++at) other.push(bytes.substr(at, 1));
  require(whole == pieces && one.comments() == other.comments());
}
void usage(std::string_view bytes) {
  const auto value = parse_json(bytes);
  for (const Tokens& tokens :
       {read_chat_usage(value), read_messages_usage(value), read_responses_usage(value)}) {
    (void)consistent(tokens);
    const auto cost = PriceBook::bundled().cost({"api.deepseek.com", "deepseek-v4-pro", ""},
                                                TimePoint{std::chrono::hours(24 * 365 * 56 + 7000)},
                                                tokens);
    require(!cost || cost->pusd >= 0);
  }
}
/// What the short cut reads of an event is what the parser reads of it.
void delta_template(std::string_view bytes) {
  const auto cut = std::min(bytes.size(), bytes.find('\0'));
  const std::string_view first = bytes.substr(0, cut);
  const std::string_view second = bytes.substr(std::min(bytes.size(), cut + 1));
  const auto text_of = [](std::string_view event) -> std::optional<std::string> {
    const auto value = nlohmann::json::parse(event, nullptr, false);
    const auto& text = field(field(value, "delta"), "content");
    if (!text.is_string()) return {};
    return text.get<std::string>();
  };
  const auto learned = text_of(first);
  if (!learned) return;
  DeltaTemplate shortcut;
  shortcut.learn(first, "content", *learned);
  if (const auto text = shortcut.match(second)) require(text_of(second) == *text);
}
void cost_map(std::string_view bytes) { (void)PriceBook::bundled().with_fallback(bytes, "f"); }
void overflow(std::string_view bytes) { (void)read_context_overflow(bytes); }
void compressed(std::string_view bytes) {
  try {
    (void)decompress(bytes);
  } catch (const InfraError&) {
  }
}

/// A test is red or green, never both, and never without a name.
void test_names(std::string_view bytes) {
  const TestNames names = read_test_names(bytes);
  for (const auto& name : names.red) require(!name.empty() && names.green.count(name) == 0);
}

void opinion(std::string_view bytes) {
  try {
    const Opinion opinion = read_opinion(std::string(bytes));
    require(opinion.escalate || opinion.score);
    require(!opinion.score || (*opinion.score >= 0 && *opinion.score <= 1));
  } catch (const PolicyFailed&) {
  }
}

void commands(std::string_view bytes) {
  const std::string once = normalised({std::string(bytes)});
  require(normalised({once}) == once);
  const double alike = similarity(once, bytes);
  require(alike >= 0 && alike <= 1);
  (void)looks_like_an_edit(bytes);
}

/// What is understood of an answer is understood again; what is not is said to be a problem.
void terminal_reply(std::string_view bytes) {
  const std::string text = to_utf8(bytes);
  TerminalReply reply = read_terminal_reply(text);
  require(reply.problem.empty() || reply.commands.empty());
  for (const auto& keys : reply.commands) {
    require(keys.wait.count() >= 0 && keys.wait <= kLongestWait);
    require(typed_text(keys.text).find('\n') == std::string::npos);
  }
  if (!reply.problem.empty()) return;
  reply.warnings.clear();
  const TerminalReply again = read_terminal_reply(render_terminal_reply(reply));
  require(again.problem.empty() && again.warnings.empty() && again.commands == reply.commands);
  require(again.task_complete == reply.task_complete && again.plan == reply.plan);
}
/// Whatever a terminal shows fits the observation, as UTF-8.
void terminal_view(std::string_view bytes) {
  const auto half = bytes.size() / 2;
  for (const std::int64_t left_out : {0, 1 << 20}) {
    const std::string shown = shortened_view(
        {false, std::string(bytes.substr(0, half)), left_out, std::string(bytes.substr(half))});
    require(to_utf8(shown) == shown && shown.size() < 10'100);
  }
}

void exploration_log(std::string_view bytes) {
  const ExplorationLog log = parse_exploration_log("f", bytes);
  for (const auto& run : log.runs) require(holds(run.consistent, run.drawn));
}
void paired_tasks(std::string_view bytes) {
  const PairedTasks pairs = parse_paired_tasks("f", bytes, {"a", "b", {"s+t", "hash"}, {}, ""});
  const auto frontier = frontier_of(all_thresholds(pairs));
  require(!frontier.empty() && frontier.front().cost >= 0);
}
/// However a policy is written, settling it either refuses or keeps.
void settled(std::string_view bytes) {
  const std::string once = settled_policy(std::string(bytes), 0.5);
  require(settled_policy(once, 0.5) == once);
}

void csv_outcomes(std::string_view bytes) { (void)read_outcomes(bytes, "fuzz", "c"); }
/// What is sound is read, and what is not is refused for a reason.
void atif(std::string_view bytes) {
  const auto value = parse_json(bytes);
  const bool sound = check_atif(value).empty();
  try {
    require(read_atif(value, "f", "t").trials.size() == 1);
    require(sound);
  } catch (const UserError&) {
  }
}
void foreign_result(std::string_view bytes) {
  const auto value = parse_json(bytes);
  ForeignOutcomes outcomes;
  if (is_harbor_trial(value)) read_harbor_trial(value, "f", outcomes);
  if (is_harbor_job(value)) outcomes = read_harbor_job(value, "f");
  if (is_terminal_bench_result(value)) outcomes = read_terminal_bench_result(value, "f", "c");
  number_attempts(outcomes.trials);
  for (const auto& trial : outcomes.trials) {
    require(trial.attempt > 0 && !trial.task.empty());
    require(trial.stop_reason.empty() || stop_reason_named(trial.stop_reason));
  }
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> joined = task_targets();
    const std::vector<Target> others = {
        {"named_statuses",
         named_statuses,
         {R"({"tests":[{"name":"a","status":"PASSED"},{"name":"\u00e9","status":"FAILED"}]})"}},
        {"rows_page",
         rows_page,
         {R"({"rows":[{"row_idx":3,"row":{"a":"b\n"},"truncated_cells":[]}],"num_rows_total":9,)"
          R"("partial":false})"}},
        {"quarantine",
         quarantine,
         {R"({"weir_quarantine":1,"attempts":2,"tasks_seen":3,"tasks":[{"id":"a","task_sha256":"b",)"
          R"("kind":"flaky","reason":"c"}]})"}},
        {"validity",
         validity,
         {R"({"id":"a","format":"harbor","task_sha256":"b","standing":"valid","reason":"","nop":[],)"
          R"("oracle":[{"outcome":"resolved","message":"","wall_ms":1,"rewards":[["","reward",1.0]]}],)"
          R"("visible":{"command":"","found":false,"problem":"","red_at_start":false,)"
          R"("fail_to_pass":[0,0],"pass_to_pass":[0,0],"shared_files":0,"overlap_known":true}})"}},
        {"policy",
         policy,
         {"stay = \"rest\"\n[score]\nthreshold = 0.5\nweights = { repeat = 1 }\n"}},
        {"exploration_log",
         exploration_log,
         {"{\"grid\":[0.5,1.01]}\n{\"run\":1,\"task\":\"a\",\"threshold\":0.5,\"resolved\":true}\n"
          "{\"run\":1,\"turn\":1,\"score\":0.7,\"escalated\":true}\n"}},
        {"paired_tasks",
         paired_tasks,
         {"instance_id,a_resolved,a_cost_usd,b_resolved,b_cost_usd,s,t\nx,1,0.5,0,1,2,3\ny,0,1,1,2,"
          "1,"
          "1\n"}},
        {"settled",
         settled,
         {"stay = 1\n[score]\nthreshold = 0.2\n[explore]\ngrid = [0.2]\n[certificate]\na = 1\n"}},
        {"prices",
         prices,
         {R"({"schema":"weir/price-book@1","entries":[{"id":"a","model":"m","effective_from":)"
          R"("2026-01-01T00:00:00Z","rates":{"usd":{"output":1.5}}}]})"}},
        {"inline_patch", inline_patch, {"cd /x && git apply <<'EOF'\n--- a\nEOF\n"}},
        {"reward", reward, {"1.0", R"({"a": 1})"}},
        {"test_log",
         test_log,
         {"== short test summary info ==\nPASSED a::b\n== 1 passed in 1s ==\n",
          "SWEBench results starts here\nPASSED\nSWEBench results ends here\n"}},
        {"images",
         images,
         {R"([{"Id":"a","RepoTags":["b:1"],"Config":{"Env":["A=b"],"User":"c"},)"
          R"("GraphDriver":{"Data":{"UpperDir":"/u","LowerDir":"/l:/m"}}}])"}},
        {"gateway_token",
         gateway_token,
         {"GET / HTTP/1.1\r\nAuthorization: Bearer s3cret\r\nX-Api-Key: s3cret\r\n"}},
        {"test_names",
         test_names,
         {"x (y) ... ok\nFAIL: z\n--- FAIL: G (0s)\nnot ok 1 - t\nFAILED (failures=1)\n2 failed in "
          "1s\n"}},
        {"opinion", opinion, {R"({"action":"escalate","tier":1,"score":0.5,"propensity":1})"}},
        {"audit",
         audited,
         {"cat > a <<E | sudo env A=b bash -c 'git log --all'\n`x` $(curl http://a.io)\nE\n",
          "--- a/tests/a\n+++ b/tests/a\n@@ -1 +1 @@\n-x\n+print('PASSED a::b')\n"}},
        {"terminal_reply",
         terminal_reply,
         {R"({"analysis":"a","plan":"b","commands":[{"keystrokes":"ls\n","duration":0.5}],)"
          R"("task_complete":false})",
          "So:\n```json\n{\"commands\": [{\"keystrokes\": \"a\nb\"}], \"task_complete\": true\n"}},
        {"terminal_view", terminal_view, {"$ ls\n\xC3\xA9\xFF\n$"}},
        {"commands", commands, {"# c\nsed  -i s/a/b/ x > y\n"}},
        {"logs", logs, log_seeds()},
        {"chat_reply",
         chat_reply,
         {R"({"choices":[{"finish_reason":"stop","message":{"content":"x","tool_calls":[{"id":"1",)"
          R"("function":{"name":"bash","arguments":"{\"command\":\"ls\"}"}}]}}],"usage":)"
          R"({"prompt_tokens":1,"prompt_cache_hit_tokens":1}})",
          R"({"error":{"message":"m"}})",
          "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n"
          "data: [DONE]\n\n"}},
        {"messages_reply",
         messages_reply,
         {"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
          "{\"input_tokens\":1}}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
          "{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n",
          R"({"content":[{"type":"tool_use","id":"1","name":"n","input":{}}],"stop_reason":"end_turn"})"}},
        {"responses_reply",
         responses_reply,
         {"data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"x\"}\n\n",
          R"({"status":"completed","output":[{"type":"message","content":[{"text":"x"}]}]})"}},
        {"sse", sse, {"\xEF\xBB\xBF: c\r\ndata: a\rdata: b\n\nevent: e\n\n"}},
        {"delta_template",
         delta_template,
         {std::string(R"({"a":1,"delta":{"content":"x"},"b":"y"})") + '\0' +
              R"({"a":1,"delta":{"content":"zz\n"},"b":"y"})",
          std::string(R"({"delta":{"content" : "content"}})") + '\0' +
              R"({"delta":{"content" : "con\"tent"}})"}},
        {"usage",
         usage,
         {R"({"prompt_tokens":9,"completion_tokens":3,"prompt_cache_hit_tokens":1})",
          R"({"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":2})"}},
        {"cost_map",
         cost_map,
         {R"({"a/b":{"litellm_provider":"a","input_cost_per_token":1e-06,"output_cost_per_token":2e-06}})"}},
        {"overflow", overflow, {"maximum context length is 5 tokens (4 in the messages"}},
        {"csv_outcomes",
         csv_outcomes,
         {"task,resolved,cost_usd\nx,1,0.5\ny,,\n",
          "instance_id,a_resolved,a_cost_usd\r\n\"q,\",0,1\r\n", "\xEF\xBB\xBFtask,a,b\nx,1,0\n"}},
        {"atif",
         atif,
         {R"({"schema_version":"ATIF-v1.7","agent":{"name":"a","version":"1"},"steps":[{"step_id":1,)"
          R"("source":"agent","message":"x","tool_calls":[{"tool_call_id":"c","function_name":"f",)"
          R"("arguments":{}}],"observation":{"results":[{"source_call_id":"c"}]},"metrics":)"
          R"({"prompt_tokens":5,"cost_usd":0.1}}],"final_metrics":{"total_cached_tokens":3}})"}},
        {"foreign_result",
         foreign_result,
         {R"({"results":[{"task_id":"a","trial_name":"a.1-of-2","is_resolved":true,"failure_mode":)"
          R"("agent_timeout","total_input_tokens":3,"trial_started_at":"2026-01-01T00:00:00"}]})",
          R"({"task_name":"t","trial_name":"t__x","agent_info":{"name":"a"},"step_results":)"
          R"([{"step_name":"s","agent_result":{"n_input_tokens":3},"verifier_result":{"rewards":)"
          R"({"reward":1}}}],"exception_info":{"exception_type":"ApiError"}})",
          R"({"stats":{"evals":{"a__m__d":{"reward_stats":{"reward":{"1.0":["t__x"]}}}}}})"}},
        {"compressed", compressed, {compress(std::string(1000, 'a'))}},
    };
    joined.insert(joined.end(), others.begin(), others.end());
    return joined;
  }();
  return all;
}

}  // namespace weir::fuzz
