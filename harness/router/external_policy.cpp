#include "harness/router/external_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/router/cascade.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestAnswer = 1 << 20;
constexpr std::size_t kQuoted = 200;

json state_json(const RouterState& state) {
  return {{"tier", state.tier},
          {"stay_left", state.stay_left},
          {"floor", state.floor},
          {"last_tier", state.last_tier},
          {"consecutive_failures", state.consecutive_failures},
          {"turns", state.turns},
          {"strong_turns", state.strong_turns},
          {"escalations", state.escalations},
          {"restarts", state.restarts}};
}

std::string line_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

[[noreturn]] void nonsense(const std::string& line, const std::string& why) {
  throw PolicyFailed(
      fmt::format("the external policy answered {} ({})", to_utf8(line.substr(0, kQuoted)), why));
}

json object_in(const std::string& line) {
  json answer = json::parse(line, nullptr, false);
  if (!answer.is_object()) nonsense(line, "not a JSON object");
  return answer;
}

std::optional<double> unit_of(const json& answer, const char* key, const std::string& line) {
  const auto found = answer.find(key);
  if (found == answer.end() || found->is_null()) return {};
  if (!found->is_number()) nonsense(line, fmt::format("{} is not a number", key));
  const double value = found->get<double>();
  if (!(value >= 0 && value <= 1)) nonsense(line, fmt::format("{} is not in [0,1]", key));
  return value;
}

std::optional<double> propensity_of(const json& answer, const std::string& line) {
  const auto value = unit_of(answer, "propensity", line);
  if (value && *value <= 0) nonsense(line, "propensity is not positive");
  return value;
}

/// A plain command takes the shell's place, so that it dies with us as the shell would.
std::string as_one_program(const std::string& command) {
  const bool plain = std::all_of(command.begin(), command.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view(" ._-/=:,@%+").find(static_cast<char>(c)) != std::string_view::npos;
  });
  const bool assigns = command.substr(0, command.find(' ')).find('=') != std::string::npos;
  return plain && !assigns ? "exec " + command : command;
}

std::optional<int> tier_of(const json& answer, const std::string& line) {
  const auto found = answer.find("tier");
  if (found == answer.end() || found->is_null()) return {};
  if (!found->is_number_integer() || *found < 0 || *found > 1000) {
    nonsense(line, "tier is not a tier");
  }
  return found->get<int>();
}

}  // namespace

Opinion read_opinion(const std::string& line) {
  const json answer = object_in(line);
  Opinion opinion;
  opinion.score = unit_of(answer, "score", line);
  opinion.tier = tier_of(answer, line);
  opinion.propensity = propensity_of(answer, line);
  const auto action = answer.find("action");
  if (action == answer.end()) {
    if (!opinion.score) nonsense(line, "neither \"action\" nor \"score\"");
    return opinion;
  }
  if (*action != "accept" && *action != "escalate") {
    nonsense(line, "action is not accept or escalate");
  }
  opinion.escalate = *action == "escalate";
  return opinion;
}

ExternalPolicy::ExternalPolicy(const ExternalCommand& command, const json& trial,
                               std::stop_token stop)
    : command_(command),
      stop_(std::move(stop)),
      conversation_(std::make_unique<Conversation>(
          ProcessRequest{.argv = {"sh", "-c", as_one_program(command.command)},
                         .cwd = command.folder.string(),
                         .output_cap = kLongestAnswer})) {
  json first = trial;
  first["event"] = "trial";
  first["version"] = 1;
  if (!conversation_->say(line_of(first), command_.timeout, stop_)) fail("does not read");
}

ExternalPolicy::~ExternalPolicy() = default;

Opinion ExternalPolicy::choose(const RouterState& state, int turn, std::int64_t context_tokens) {
  const json answer = ask({{"event", "choose"},
                           {"turn", turn},
                           {"context_tokens", context_tokens},
                           {"state", state_json(state)}});
  const std::string line = line_of(answer);
  Opinion opinion;
  opinion.tier = tier_of(answer, line);
  opinion.propensity = propensity_of(answer, line);
  if (!opinion.tier) nonsense(line, "no \"tier\"");
  return opinion;
}

Opinion ExternalPolicy::judge(const RouterState& state, int tier,
                              const std::map<std::string, double>& signals, const DraftText* text,
                              bool executed) {
  json question = {{"event", executed ? "result" : "draft"},
                   {"tier", tier},
                   {"state", state_json(state)},
                   {"signals", signals}};
  if (text != nullptr) {
    question["draft"] = {{"text", text->text}, {"commands", text->commands}};
    if (executed) question["results"] = text->results;
  }
  return read_opinion(line_of(ask(question)));
}

json ExternalPolicy::ask(const json& question) {
  if (conversation_->spoke()) fail("spoke without being asked");
  json sent = question;
  sent["id"] = ++asked_;
  if (!conversation_->say(line_of(sent), command_.timeout, stop_)) fail("does not read");
  const auto line = conversation_->hear(command_.timeout, stop_);
  if (!line) {
    fail(fmt::format("gave no answer of at most {} bytes within {}", kLongestAnswer,
                     format_duration(command_.timeout)));
  }
  json answer = object_in(*line);
  if (answer.contains("id") && answer.at("id") != asked_) {
    nonsense(*line, fmt::format("an answer to another question than {}", asked_));
  }
  return answer;
}

void ExternalPolicy::fail(const std::string& what) {
  if (stop_.stop_requested()) throw Cancelled();
  const std::string errors = to_utf8(std::string(trimmed(conversation_->errors())));
  const auto code = conversation_->ended();
  throw PolicyFailed(
      fmt::format("the external policy \"{}\" {}{}", command_.command,
                  code ? fmt::format("ended with exit code {}", *code) : what,
                  errors.empty() ? "" : fmt::format("; it wrote: {}", errors.substr(0, 1000))));
}

}  // namespace weir
