#include "results/exchange/atif_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// Stored JSON text; null for none, or for text that is none.
json stored(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json() : value;
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

json list_at(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_array() ? *found : json::array();
}

template <typename Number>
void put(json& object, const char* key, const std::optional<Number>& value) {
  if (value) object[key] = *value;
}

std::optional<double> usd(const std::optional<Picodollars>& pusd) {
  return pusd ? std::optional(static_cast<double>(*pusd) / 1e12) : std::nullopt;
}

class Exporter {
 public:
  explicit Exporter(const TrialRecord& record)
      : record_(record), prompt_(stored(record.prompt)), tiers_(stored(record.config.tiers)) {}

  json trajectory() {
    if (!prompt_.is_object()) {
      throw UserError(fmt::format("{}: no trajectory is kept of it", record_.trial.trial));
    }
    add_prompt(prompt_);
    std::string segment;
    for (const TurnCalls& turn : turns_of(record_)) {
      const bool again = restarts_before(turn.segment) != restarts_before(segment);
      if (!segment.empty() && again) add_beginning(turn.segment);
      segment = turn.segment;
      for (const Call* call : turn.calls) add_call(*call, turn);
    }
    json out = {
        {"schema_version", "ATIF-v1.7"},
        {"session_id", record_.trial.trial},
        {"trajectory_id", fmt::format("{}#{}", record_.trial.trial, record_.attempt.number)},
        {"agent", agent()},
        {"steps", steps_},
        {"final_metrics", final_metrics()},
        {"extra", {{"weir", own()}}}};
    if (const std::string text = notes(); !text.empty()) out["notes"] = text;
    return out;
  }

 private:
  json& add_step(const char* source, const std::string& message) {
    steps_.push_back({{"step_id", steps_.size() + 1}, {"source", source}, {"message", message}});
    return steps_.back();
  }

  void add_prompt(const json& prompt, const json& extra = {}) {
    for (const auto& message : list_at(prompt, "messages")) {
      json& step = add_step(text_at(message, "role") == "system" ? "system" : "user",
                            text_at(message, "content"));
      if (!extra.is_null()) step["extra"] = {{"weir", extra}};
    }
  }

  /// Of the task's next step, or of the whole trial again.
  void add_beginning(const std::string& segment) {
    if (const StepPrompt* next = later_step(record_, restarts_before(segment))) {
      add_prompt(stored(next->prompt), {{"segment", segment}, {"step", next->step}});
      return;
    }
    json& step =
        add_step("system", "The trial begins again in a fresh box, from the first prompt.");
    step["extra"] = {{"weir", {{"segment", segment}}}};
  }

  void add_call(const Call& call, const TurnCalls& turn) {
    const json response = stored(call.response);
    json& step = add_step("agent", text_at(response, "content"));
    step["timestamp"] = format_time(call.started_at);
    step["model_name"] = call.served_model.empty() ? call.requested_model : call.served_model;
    step["llm_call_count"] = 1;
    const std::string effort = text_at(tier(call.tier), "thinking");
    if (!effort.empty()) step["reasoning_effort"] = effort;
    const std::string reasoning = text_at(response, "reasoning_content");
    if (!reasoning.empty()) step["reasoning_content"] = reasoning;
    const std::vector<std::string> ids = add_tool_calls(step, response);
    json results = observed(call, turn, ids);
    if (!results.empty()) step["observation"] = {{"results", std::move(results)}};
    if (json metrics = metrics_of(call); !metrics.empty()) step["metrics"] = std::move(metrics);
    step["extra"] = {{"weir", fate_of(call, turn)}};
  }

  /// Returns the calls' ids in their order.
  std::vector<std::string> add_tool_calls(json& step, const json& response) {
    std::vector<std::string> ids;
    json calls = json::array();
    for (const auto& call : list_at(response, "tool_calls")) {
      const json function = call.value("function", json::object());
      const std::string raw = text_at(function, "arguments");
      std::string id = text_at(call, "id");
      if (id.empty()) id = fmt::format("call_{}_{}", steps_.size(), ids.size() + 1);
      json arguments = stored(raw);
      json out = {{"tool_call_id", id}, {"function_name", text_at(function, "name")}};
      out["arguments"] = arguments.is_object() ? arguments : json::object();
      if (!arguments.is_object()) out["extra"] = {{"raw_arguments", raw}};
      calls.push_back(std::move(out));
      ids.push_back(std::move(id));
    }
    if (!calls.empty()) step["tool_calls"] = std::move(calls);
    return ids;
  }

  /// What followed the call: the messages its turn appended, or the outputs of a draft
  /// that was executed and undone.
  json observed(const Call& call, const TurnCalls& turn,
                const std::vector<std::string>& ids) const {
    json results = json::array();
    if (turn.accepted == nullptr) return results;
    if (call.id == turn.accepted->accepted_call) {
      const json messages = stored(turn.accepted->observation);
      for (std::size_t i = 0; messages.is_array() && i < messages.size(); ++i) {
        json result = {{"content", text_at(messages[i], "content")}};
        const std::string named = text_at(messages[i], "tool_call_id");
        const bool tool = text_at(messages[i], "role") == "tool";
        if (std::find(ids.begin(), ids.end(), named) != ids.end()) {
          result["source_call_id"] = named;
        } else if (tool && i < ids.size()) {
          result["source_call_id"] = ids[i];  // the call had no id of its own
        }
        results.push_back(std::move(result));
      }
      return results;
    }
    for (const auto& account : undone(call, *turn.accepted)) {
      const json outputs = list_at(account, "outputs");
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        json result = {{"content", outputs[i].is_string() ? outputs[i] : json("")}};
        if (i < ids.size()) result["source_call_id"] = ids[i];
        results.push_back(std::move(result));
      }
    }
    return results;
  }

  static std::vector<json> undone(const Call& call, const Turn& turn) {
    std::vector<json> accounts;
    const json all = stored(turn.discarded);
    for (std::size_t i = 0; all.is_array() && i < all.size(); ++i) {
      if (text_at(all[i], "call") == call.id) accounts.push_back(all[i]);
    }
    return accounts;
  }

  static json metrics_of(const Call& call) {
    json metrics = json::object();
    put(metrics, "prompt_tokens", call.tokens.input_total);
    put(metrics, "completion_tokens", call.tokens.output_total);
    put(metrics, "cached_tokens", call.tokens.input_hit);
    put(metrics, "cost_usd", usd(call.cost_pusd));
    json extra = json::object();
    put(extra, "cache_write_tokens", call.tokens.cache_write);
    put(extra, "reasoning_tokens", call.tokens.output_reasoning);
    if (!extra.empty()) metrics["extra"] = std::move(extra);
    return metrics;
  }

  /// What became of a call, and who decided it.
  json fate_of(const Call& call, const TurnCalls& turn) const {
    const bool accepted = turn.accepted != nullptr && turn.accepted->accepted_call == call.id;
    json decisions = json::array();
    bool escalated = false;
    for (const auto& decision : record_.decisions) {
      if (decision.call != call.id) continue;
      escalated = escalated || decision.decision == "escalate";
      decisions.push_back({{"phase", decision.phase},
                           {"decision", decision.decision},
                           {"rule", decision.rule},
                           {"score", decision.score},
                           {"threshold", decision.threshold},
                           {"propensity", decision.propensity},
                           {"mode", decision.mode},
                           {"undo", decision.undo}});
    }
    const bool failed = !call.error_class.empty();
    json fate = {{"call", call.id.substr(std::min(call.id.size(), call.segment.size() + 1))},
                 {"segment", call.segment},
                 {"turn", call.turn},
                 {"tier", call.tier},
                 {"sample", call.sample},
                 {"retry", call.retry},
                 {"decision", failed      ? "failed"
                              : accepted  ? "accept"
                              : escalated ? "escalate"
                                          : "not_chosen"}};
    if (!decisions.empty()) fate["decisions"] = std::move(decisions);
    if (failed) fate["error"] = {{"class", call.error_class}, {"message", call.error_message}};
    if (!call.finish_reason.empty()) fate["finish_reason"] = call.finish_reason;
    if (call.simulated) fate["simulated"] = true;
    return fate;
  }

  json tier(int number) const {
    const auto at = static_cast<std::size_t>(number);
    return tiers_.is_array() && at < tiers_.size() ? tiers_[at] : json();
  }

  json agent() const {
    json out = {{"name", record_.config.agent},
                {"version", record_.run.weir_version},
                {"extra",
                 {{"config", record_.config.config},
                  {"tiers", tiers_.is_array() ? tiers_ : json::array()},
                  {"agent_sha256", record_.config.agent_sha256},
                  {"policy_sha256", record_.config.policy_sha256}}}};
    const std::string model = text_at(tier(0), "model");
    if (!model.empty()) out["model_name"] = model;
    const json tools = list_at(prompt_, "tools");
    if (!tools.empty()) out["tool_definitions"] = tools;
    return out;
  }

  template <typename Part>
  std::optional<std::int64_t> sum(Part&& part) const {
    std::int64_t sum = 0;
    for (const Call& call : record_.calls) {
      const std::optional<std::int64_t> value = part(call);
      if (!value || __builtin_add_overflow(sum, *value, &sum)) return {};
    }
    return sum;
  }

  json final_metrics() const {
    json out = {{"total_steps", steps_.size()}};
    put(out, "total_prompt_tokens", sum([](const Call& call) { return call.tokens.input_total; }));
    put(out, "total_completion_tokens",
        sum([](const Call& call) { return call.tokens.output_total; }));
    put(out, "total_cached_tokens", sum([](const Call& call) { return call.tokens.input_hit; }));
    put(out, "total_cost_usd", usd(sum([](const Call& call) { return call.cost_pusd; })));
    const auto unpriced = std::count_if(record_.calls.begin(), record_.calls.end(),
                                        [](const Call& call) { return !call.cost_pusd; });
    out["extra"] = {{"calls", record_.calls.size()}, {"unpriced_calls", unpriced}};
    return out;
  }

  bool simulated() const { return record_.run.simulated || record_.config.simulated; }

  json own() const {
    json out = {{"run", record_.run.id},          {"trial", record_.trial.trial},
                {"suite", record_.trial.suite},   {"task", record_.trial.task},
                {"config", record_.trial.config}, {"attempt", record_.trial.attempt},
                {"try", record_.attempt.number},  {"outcome", name_of(record_.trial.outcome)},
                {"simulated", simulated()}};
    put(out, "turns", record_.trial.turns);
    if (!record_.trial.stop_reason.empty()) out["stop_reason"] = record_.trial.stop_reason;
    if (!record_.trial.error_class.empty()) out["error_class"] = record_.trial.error_class;
    return out;
  }

  std::string notes() const {
    if (!simulated()) return "";
    return "Simulated: answers, tokens and costs are a simulated model's; they say nothing about "
           "a real one.";
  }

  const TrialRecord& record_;
  const json prompt_;
  const json tiers_;
  json steps_ = json::array();
};

}  // namespace

json atif_of(const TrialRecord& record) {
  return Exporter(record).trajectory();
}

}  // namespace weir
