#include "harness/canary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr const char* kTask = "@canary";
constexpr const char* kSystem = "Answer with the bare answer: no words around it, no punctuation.";

/// Short, with one right answer, over arithmetic, code, knowledge and language.
constexpr std::array<const char*, 20> kPrompts = {
    "What is 17 * 23?",
    "What is the remainder of 12345 divided by 67?",
    "What is the largest prime below 100?",
    "What does this Python expression give: sorted([3, 1, 2])[::-1]",
    "What does this Python expression give: len({1, 1, 2, 3, 5})",
    "What does this shell command print: echo $((7 % 4))",
    "Which HTTP status code means Too Many Requests?",
    "Which Git command shows the commit history?",
    "In C++, which header declares std::vector? Name it without angle brackets.",
    "What is the hexadecimal form of decimal 255, in lower case, with the prefix 0x?",
    "What is the chemical symbol of tungsten?",
    "What is the capital of Mongolia?",
    "In which year did the first crewed Moon landing take place?",
    "How many edges has a cube?",
    "Write the word \"harness\" backwards.",
    "What is the plural of \"index\" in mathematics, with Latin ending?",
    "Translate to French, one word: \"window\"",
    "What is the next number: 1, 1, 2, 3, 5, 8, 13",
    "What is the binary form of decimal 37?",
    "Is 1009 prime? Answer yes or no.",
};

std::string trial_id(const std::string& run, const std::string& model, CanaryPhase phase) {
  return fmt::format("{}/{}/{}/{}", run, kTask, model, static_cast<int>(phase));
}

TimePoint now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

/// Each prompt with a ledger of its own: none is meant to begin like another.
void ask_all(const ModelRoom& models, const TrialLedger::Trial& place, const std::string& model,
             const std::vector<Call>& recorded, Deadline& deadline) {
  for (std::size_t i = 0; i < kPrompts.size(); ++i) {
    const auto ledger = models.open(place, {model}, Task{}, 0, recorded);
    ChatRequest request;
    request.tools = nlohmann::json::array();
    request.messages = {{Role::system, kSystem, "", {}, ""}, {Role::user, kPrompts[i], "", {}, ""}};
    const Answer answer = ledger->call(0, request, static_cast<int>(i) + 1, 0, deadline);
    if (!answer.completion.ok()) return;  // the trials will meet the same, and say so
  }
}

/// The try to begin: the one before goes on, unless it ended on an error.
int try_after(const Reader& reader, const std::string& trial, std::vector<Call>& recorded) {
  if (recorded.empty()) return 1;
  const int before = reader.counted_try(trial).number;
  const Call& last = recorded.back();
  const bool failed = last.settled && !last.error_class.empty() && last.error_class != "interrupted";
  if (!failed) return before;
  recorded.clear();
  return before + 1;
}

/// What the canary got from a model in one phase.
struct Sightings {
  std::map<int, std::string> answers;  ///< by prompt
  std::vector<double> latencies_ms;
  double answer_tokens = 0;
};

Sightings sightings(const Reader& reader, const std::string& trial) {
  Sightings seen;
  for (const auto& call : reader.calls(trial)) {
    if (!call.settled || !call.error_class.empty()) continue;
    const Completion completion = completion_of(call);
    seen.answers[call.turn] = std::string(trimmed(completion.message.content));
    seen.latencies_ms.push_back(static_cast<double>(call.latency_ms.value_or(0)));
    seen.answer_tokens += static_cast<double>(call.tokens.output_total.value_or(0));
  }
  std::sort(seen.latencies_ms.begin(), seen.latencies_ms.end());
  return seen;
}

double median(const std::vector<double>& sorted) {
  if (sorted.empty()) return 0;
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

std::string line(const std::string& model, const Sightings& before, const Sightings& after) {
  int both = 0;
  int same = 0;
  for (const auto& [prompt, answer] : before.answers) {
    const auto again = after.answers.find(prompt);
    if (again == after.answers.end()) continue;
    ++both;
    same += again->second == answer ? 1 : 0;
  }
  const auto ratio = [](double a, double b) {
    return a > 0 ? fmt::format("{:.2f}x", b / a) : std::string("unknown");
  };
  return fmt::format("canary {}: {} of {} answers the same; output tokens {}, median latency {}\n",
                     model, same, both, ratio(before.answer_tokens, after.answer_tokens),
                     ratio(median(before.latencies_ms), median(after.latencies_ms)));
}

}  // namespace

void run_canary(const ModelRoom& models, const Experiment& experiment, const std::string& run,
                CanaryPhase phase, Writer& writer, const Reader& reader, Watchdog& watchdog,
                std::stop_token stop) {
  for (const auto& name : experiment.models_in_use()) {
    if (experiment.models.at(name).provider == "replay") continue;  // it cannot have changed
    Trial trial;
    trial.id = trial_id(run, name, phase);
    trial.run = run;
    trial.task = kTask;
    trial.config = name;
    trial.attempt = static_cast<int>(phase);
    trial.slot = -1;
    std::vector<Call> recorded = reader.calls(trial.id);
    Try attempt;
    attempt.trial = trial.id;
    attempt.number = try_after(reader, trial.id, recorded);
    attempt.started_at = now();
    writer.begin_try(trial, attempt);
    const std::string segment = fmt::format("{}#{}/s0", trial.id, attempt.number);
    writer.begin_segment({segment, trial.id, attempt.number, "", {}, ""});
    Deadline deadline(watchdog, stop);
    ask_all(models, {trial.id, segment, {}}, name, recorded, deadline);
    if (stop.stop_requested()) throw Cancelled();
    attempt.finished_at = now();
    writer.finish_try(attempt);
  }
}

std::string canary_report(const Reader& reader, const std::string& run) {
  std::string out;
  const Rows rows = reader.query(
      fmt::format("SELECT DISTINCT config FROM trial WHERE run = '{}' AND slot = -1", run));
  for (const auto& row : rows.rows) {
    const std::string model = row[0].value_or("");
    const Sightings before = sightings(reader, trial_id(run, model, CanaryPhase::before));
    const Sightings after = sightings(reader, trial_id(run, model, CanaryPhase::after));
    if (!before.answers.empty() && !after.answers.empty()) out += line(model, before, after);
  }
  return out;
}

}  // namespace weir
