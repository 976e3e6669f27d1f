#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/agent/terminal_reply.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "results/report/report.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

std::string counted(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "?";
}

std::string usd(const std::optional<Picodollars>& pusd) {
  return pusd ? fmt::format("${:.6f}", static_cast<double>(*pusd) / 1e12) : "unknown";
}

std::string number(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "?";
}

/// `text` indented, at most `most` lines.
std::string indented(const std::string& text, std::size_t most, const char* margin) {
  std::string out;
  std::size_t lines = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (lines++ == most) return out + margin + "...\n";
    const auto end = std::min(text.find('\n', at), text.size());
    out += margin + printable(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

/// One trial's rows, as `weir show` walks through them.
struct TrialView {
  std::string id;
  Try attempt;
  std::vector<Turn> turns;
  std::vector<Call> calls;
  std::vector<Decision> decisions;
  std::vector<Signal> signals;
  std::vector<StepPrompt> steps;

  TrialView(const Reader& reader, const std::string& trial)
      : id(trial),
        attempt(reader.counted_try(trial)),
        turns(reader.turns(trial)),
        calls(reader.calls(trial)),
        decisions(reader.decisions(trial)),
        signals(reader.signals(trial)),
        steps(reader.step_prompts(trial)) {}

  /// "" where the task has none.
  [[nodiscard]] std::string step_of(const std::string& segment) const {
    for (const auto& step : steps) {
      if (step.number == restarts_before(segment)) return step.step;
    }
    return {};
  }
};

std::string signals_of(const TrialView& view, const std::string& call) {
  std::string out;
  for (const auto& signal : view.signals) {
    const bool telling = signal.call == call && signal.value != 0 && signal.name != "turn" &&
                         signal.name != "context_tokens";
    if (telling) out += fmt::format("{}{}={:g}", out.empty() ? "" : ", ", signal.name, signal.value);
  }
  return out.empty() ? "" : " [" + out + "]";
}

/// The signals stand with the last decision about a call, which saw them all.
void print_decisions(const TrialView& view, const std::string& call) {
  const Decision* last = nullptr;
  for (const auto& decision : view.decisions) {
    if (decision.call == call) last = &decision;
  }
  for (const auto& decision : view.decisions) {
    if (decision.call != call) continue;
    const bool up = decision.decision == "escalate";
    fmt::print("      {} judged: {}{} score {:.2f} vs {:.2f}{}{}{}\n", decision.phase,
               decision.decision, up ? " by " + decision.rule + "," : ",", decision.score,
               decision.threshold, &decision == last ? signals_of(view, call) : "",
               up ? "; mode " + decision.mode : "", up ? ", undo " + decision.undo : "");
  }
}

/// What an answer asks to be done: commands, or keystrokes, each with what stands before it.
std::vector<std::pair<std::string, std::string>> commands_of(const Call& of) {
  std::vector<std::pair<std::string, std::string>> commands;
  const json message = json::parse(of.response, nullptr, false);
  if (!message.is_object()) return commands;
  for (const auto& call : message.value("tool_calls", json::array())) {
    const std::string raw = call.value("function", json::object()).value("arguments", "");
    const json arguments = json::parse(raw, nullptr, false);
    const bool usable = arguments.is_object() && arguments.contains("command");
    commands.emplace_back("$ ", usable ? arguments.at("command").get<std::string>() : raw);
  }
  if (!commands.empty()) return commands;
  const std::string text = message.value("content", "");
  if (of.notes.find("\"summary\"") != std::string::npos) return {{"(sums up) ", text}};
  const TerminalReply reply = read_terminal_reply(text);
  if (!reply.problem.empty()) return {{"$ ", "(no command) " + text}};
  for (const auto& keys : reply.commands) commands.emplace_back("keys: ", keys.text);
  if (reply.task_complete) commands.emplace_back("", "(says that the task is complete)");
  return commands;
}

void print_execution(const json& account) {
  const json outputs = account.value("outputs", json::array());
  for (const auto& output : outputs) {
    fmt::print("      executed, then undone:\n{}", indented(output.get<std::string>(), 6, "        "));
  }
  fmt::print("      the box was restored to the state before this draft (undo {})\n",
             account.value("undo", "?"));
}

void print_call(const TrialView& view, const Call& call, const Turn& turn) {
  const bool accepted = call.id == turn.accepted_call;
  fmt::print("   {} {} (tier {}){}: {} in ({} cached), {} out, {}\n", accepted ? "+" : "-",
             call.model, call.tier, accepted ? "" : ", discarded", number(call.tokens.input_total),
             number(call.tokens.input_hit), number(call.tokens.output_total), usd(call.cost_pusd));
  if (!call.error_class.empty()) {
    fmt::print("      {}: {}\n", call.error_class, printable(call.error_message));
    return;
  }
  for (const auto& [sign, command] : commands_of(call)) {
    fmt::print("{}", indented(sign + command, 8, "      "));
  }
  const json discarded =
      turn.discarded.empty() ? json::array() : json::parse(turn.discarded, nullptr, false);
  for (const auto& account : discarded) {
    if (account.value("call", "") == call.id) print_execution(account);
  }
  print_decisions(view, call.id);
}

/// Of the same turn, also where ways parted in its midst.
bool is_of(const Call& call, const Turn& turn) {
  return call.turn == turn.turn && restarts_before(call.segment) == restarts_before(turn.segment);
}

/// Turns in order, those too of which nothing was accepted: a submission that made the
/// trial begin again, a turn cut off.
std::vector<Turn> all_turns(const TrialView& view) {
  std::vector<Turn> turns;
  for (const auto& call : view.calls) {
    const auto same = [&](const Turn& turn) { return is_of(call, turn); };
    if (std::any_of(turns.begin(), turns.end(), same)) continue;
    const auto kept = std::find_if(view.turns.begin(), view.turns.end(), same);
    Turn turn;
    turn.segment = call.segment;
    turn.turn = call.turn;
    turn.tier = call.tier;
    turns.push_back(kept == view.turns.end() ? turn : *kept);
  }
  return turns;
}

void print_turns(const TrialView& view) {
  std::string segment;
  for (const auto& turn : all_turns(view)) {
    const bool begins =
        segment.empty() || restarts_before(turn.segment) != restarts_before(segment);
    const std::string step = view.step_of(turn.segment);
    if (begins && !step.empty()) {
      fmt::print("\n--- step {} ---\n", printable(step));
    } else if (begins && !segment.empty()) {
      fmt::print("\n--- the trial begins again, in a fresh box ---\n");
    }
    segment = turn.segment;
    const bool accepted = !turn.accepted_call.empty();
    fmt::print("\nturn {} ({})\n", turn.turn,
               accepted ? fmt::format("tier {}", turn.tier) : "nothing accepted");
    for (const auto& call : view.calls) {
      if (is_of(call, turn)) print_call(view, call, turn);
    }
    const json messages = json::parse(turn.observation, nullptr, false);
    if (!messages.is_array()) continue;
    for (const auto& message : messages) {
      fmt::print("   observation:\n{}", indented(message.value("content", ""), 8, "      "));
    }
  }
}

/// What an audit found in the counted try: kind, turn, detail.
Rows findings_of(const Reader& reader, const std::string& id) {
  return reader.query("SELECT kind, turn, detail FROM v_audit WHERE trial = " + sql_text(id));
}

void print_findings(const Reader& reader, const std::string& id) {
  for (const auto& row : findings_of(reader, id).rows) {
    fmt::print("audit: {} ({}) {}\n", *row[0], row[1] ? "turn " + *row[1] : "submission",
               printable(row[2].value_or("")));
  }
}

json findings_json(const Reader& reader, const std::string& id) {
  json list = json::array();
  for (const auto& row : findings_of(reader, id).rows) {
    list.push_back({{"kind", *row[0]},
                    {"turn", row[1] ? json(std::stoi(*row[1])) : json()},
                    {"detail", row[2].value_or("")}});
  }
  return list;
}

void print_steps(const Reader& reader, const std::string& id) {
  const Rows rows = reader.query(
      "SELECT step, turns, calls, coalesce(reward, '-') FROM v_step WHERE trial = " + sql_text(id));
  for (const auto& row : rows.rows) {
    fmt::print("step {}: {} turns, {} calls, reward {}\n", printable(row[0].value_or("")),
               row[1].value_or("?"), row[2].value_or("?"), row[3].value_or("-"));
  }
}

void print_artifacts(const Try& attempt) {
  for (const auto& each : attempt.artifacts) {
    const std::string where = each.path.empty() ? "not kept"
                                                : fmt::format("{} ({} files, {} bytes)", each.path,
                                                              each.files, each.bytes);
    fmt::print("artifact{} {}: {}{}\n", each.step.empty() ? "" : " of " + printable(each.step),
               printable(each.source), printable(where),
               each.note.empty() ? "" : "; " + printable(each.note));
  }
}

json artifacts_json(const Try& attempt) {
  json list = json::array();
  for (const auto& each : attempt.artifacts) {
    list.push_back({{"step", each.step},
                    {"source", each.source},
                    {"path", each.path.empty() ? json() : json(each.path)},
                    {"files", each.files},
                    {"bytes", each.bytes},
                    {"note", each.note}});
  }
  return list;
}

std::string notes_of(const Call& call) {
  std::string line;
  const json notes = json::parse(call.notes, nullptr, false);
  if (!notes.is_array()) return line;
  for (const auto& note : notes) line += (line.empty() ? "" : ", ") + note.get<std::string>();
  return line;
}

void print_calls(const TrialView& view) {
  std::vector<std::vector<std::string>> rows = {
      {"CALL", "MODEL", "SERVED", "IN", "HIT", "OUT", "COST", "PRICE", "MS", "END", "NOTES"}};
  for (const auto& call : view.calls) {
    rows.push_back({call.id.substr(call.segment.size() + 1), call.model, call.served_model,
                    number(call.tokens.input_total), number(call.tokens.input_hit),
                    number(call.tokens.output_total), usd(call.cost_pusd), call.price_entry,
                    number(call.latency_ms),
                    call.error_class.empty() ? call.finish_reason : call.error_class,
                    notes_of(call)});
  }
  fmt::print("\n{}", columns(rows));
}

void print_trial(const Reader& reader, const ShowCommand& command, const std::string& id) {
  const TrialView view(reader, id);
  const Try& attempt = view.attempt;
  const Rows row = reader.query(fmt::format(
      "SELECT v_trial.task, v_trial.config, attempt, outcome, coalesce(stop_reason, '-'), turns, "
      "escalated_turns, calls, discarded_calls, cost_pusd, v_trial.simulated FROM v_trial WHERE "
      "trial = '{}'",
      id));
  const auto cell = [&](std::size_t i) { return row.rows.at(0).at(i).value_or("unknown"); };
  fmt::print("trial {}\n{} {} #{}, try {}: {} ({}){}\n", id, cell(0), cell(1), cell(2),
             attempt.number, cell(3), cell(4), cell(10) == "1" ? " (simulated)" : "");
  fmt::print("{} turns ({} escalated), {} calls ({} discarded), {}\n", cell(5), cell(6), cell(7),
             cell(8), row.rows[0][9] ? usd(std::stoll(*row.rows[0][9])) : "cost unknown");
  if (!attempt.message.empty()) fmt::print("{}\n", printable(attempt.message));
  if (attempt.anomalies.size() > 2) fmt::print("anomalies: {}\n", printable(attempt.anomalies));
  print_findings(reader, id);
  print_steps(reader, id);
  print_artifacts(attempt);
  if (command.turns) print_turns(view);
  if (command.calls) print_calls(view);
  if (!command.turns && !command.calls) {
    fmt::print("\nMore: weir show {} --turns --calls\n", id);
  }
}

/// Stored JSON text; null for none or for text that is none.
json parsed_or_null(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json() : value;
}

json decisions_json(const TrialView& view) {
  json list = json::array();
  for (const auto& decision : view.decisions) {
    list.push_back({{"turn", decision.turn},
                    {"call", decision.call},
                    {"phase", decision.phase},
                    {"tier", decision.tier},
                    {"decision", decision.decision},
                    {"rule", decision.rule},
                    {"score", decision.score},
                    {"threshold", decision.threshold},
                    {"propensity", decision.propensity},
                    {"mode", decision.mode},
                    {"undo", decision.undo},
                    {"grid", parsed_or_null(decision.grid)}});
  }
  return list;
}

json trial_json(const Reader& reader, const ShowCommand& command, const std::string& id) {
  const TrialView view(reader, id);
  json out = {{"trial", id},
              {"try", view.attempt.number},
              {"outcome", view.attempt.outcome ? json(name_of(*view.attempt.outcome)) : json()},
              {"message", view.attempt.message},
              {"audit", findings_json(reader, id)},
              {"artifacts", artifacts_json(view.attempt)},
              {"submission", view.attempt.submission},
              {"evidence", view.attempt.evidence}};
  json turns = json::array();
  for (const auto& turn : view.turns) {
    turns.push_back({{"turn", turn.turn},
                     {"step", view.step_of(turn.segment)},
                     {"tier", turn.tier},
                     {"accepted_call", turn.accepted_call},
                     {"actions", parsed_or_null(turn.actions)},
                     {"observation", parsed_or_null(turn.observation)},
                     {"discarded", parsed_or_null(turn.discarded)}});
  }
  json calls = json::array();
  for (const auto& call : view.calls) {
    calls.push_back({{"call", call.id},
                     {"turn", call.turn},
                     {"tier", call.tier},
                     {"model", call.model},
                     {"raw_usage", parsed_or_null(call.raw_usage)},
                     {"cost_pusd", call.cost_pusd ? json(*call.cost_pusd) : json()},
                     {"price_entry", call.price_entry},
                     {"error_class", call.error_class},
                     {"error_message", call.error_message},
                     {"http_status", call.http_status == 0 ? json() : json(call.http_status)},
                     {"finish_reason", call.finish_reason},
                     {"served_model", call.served_model},
                     {"fingerprint", call.fingerprint},
                     {"ttft_ms", call.ttft_ms ? json(*call.ttft_ms) : json()},
                     {"latency_ms", call.latency_ms ? json(*call.latency_ms) : json()},
                     {"replayed", call.replayed},
                     {"notes", parsed_or_null(call.notes)}});
  }
  if (command.turns) {
    out["turns"] = turns;
    out["decisions"] = decisions_json(view);
  }
  if (command.calls) out["calls"] = calls;
  return out;
}

void print_run(const Reader& reader, const ShowCommand& command) {
  const Comparison comparison = reader.compare(command.what);
  const auto trials = reader.trials(comparison.run.id);
  if (command.common.json) {
    json list = json::array();
    for (const auto& trial : trials) {
      list.push_back({{"trial", trial.trial},
                      {"task", trial.task},
                      {"config", trial.config},
                      {"attempt", trial.attempt},
                      {"outcome", name_of(trial.outcome)},
                      {"cost_pusd", trial.cost_pusd ? json(*trial.cost_pusd) : json()}});
    }
    fmt::print("{}\n", json{{"comparison", json_report(comparison)}, {"trials", list}}.dump(2));
    return;
  }
  fmt::print("{}\n", markdown_report(comparison));
  std::vector<std::vector<std::string>> rows = {
      {"TRIAL", "OUTCOME", "STOP", "TURNS", "UP", "CALLS", "LOST", "COST"}};
  for (const auto& trial : trials) {
    rows.push_back({fmt::format("{}/{}/{}", trial.task, trial.config, trial.attempt),
                    std::string(name_of(trial.outcome)), trial.stop_reason,
                    counted(trial.turns), counted(trial.escalated_turns), counted(trial.calls),
                    counted(trial.discarded_calls),
                    usd(trial.cost_pusd)});
  }
  std::sort(rows.begin() + 1, rows.end());
  fmt::print("{}\nMore: weir show TRIAL --turns\n", columns(rows));
}

}  // namespace

int run(const ShowCommand& command) {
  const Reader reader(command.common.db);
  const auto trial = reader.find_trial(command.what);
  if (!trial && std::count(command.what.begin(), command.what.end(), '/') >= 2) {
    throw UserError(fmt::format("no trial \"{}\"; `weir show RUN` lists them", command.what));
  }
  if (!trial) {
    print_run(reader, command);
  } else if (command.common.json) {
    fmt::print("{}\n", trial_json(reader, command, *trial)
                           .dump(2, ' ', false, json::error_handler_t::replace));
  } else {
    print_trial(reader, command, *trial);
  }
  return kOk;
}

}  // namespace weir::cli
