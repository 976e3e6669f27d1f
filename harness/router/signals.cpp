#include "harness/router/signals.hpp"

#include <algorithm>

namespace weir {
namespace {

double yes(bool value) { return value ? 1 : 0; }

double format_error(const TurnEvidence& e) { return yes(e.format_error); }
double no_action(const TurnEvidence& e) { return yes(e.no_action); }
double patch_rejected(const TurnEvidence& e) { return yes(!e.patch_applies.value_or(true)); }
double repeat(const TurnEvidence& e) { return yes(e.repeats); }
double nonzero_exit(const TurnEvidence& e) { return yes(e.nonzero_exit); }

/// Red counts against a turn if it is this turn's doing (the tests were green),
/// or if the turn would submit in spite of it. A task that begins red is as red
/// after its first good step: that says nothing.
double tests_red(const TurnEvidence& e) {
  if (e.submits) return yes(e.tests_red.value_or(e.tests_red_before));
  return yes(e.tests_red.value_or(false) && !e.tests_red_before);
}

double context_tokens(const TurnEvidence& e) { return static_cast<double>(e.context_tokens); }
double consecutive_failures(const TurnEvidence& e) { return e.consecutive_failures; }
double turn_index(const TurnEvidence& e) { return e.turn; }

}  // namespace

const std::vector<SignalDefinition>& signal_definitions() {
  static const std::vector<SignalDefinition> definitions = {
      {"format_error", format_error, true, true, Visibility::harness},
      {"no_action", no_action, true, true, Visibility::harness},
      {"patch_rejected", patch_rejected, true, true, Visibility::harness},
      {"repeat", repeat, true, true, Visibility::harness},
      {"tests_red", tests_red, true, true, Visibility::harness},
      {"nonzero_exit", nonzero_exit, true, false, Visibility::agent},
      {"context_tokens", context_tokens, false, true, Visibility::harness},
      {"consecutive_failures", consecutive_failures, false, true, Visibility::harness},
      {"turn", turn_index, false, true, Visibility::harness},
  };
  return definitions;
}

const SignalDefinition* find_signal(std::string_view name) {
  for (const auto& definition : signal_definitions()) {
    if (definition.name == name && definition.scored) return &definition;
  }
  return nullptr;
}

std::vector<std::string> signal_names() {
  std::vector<std::string> names;
  for (const auto& definition : signal_definitions()) {
    if (definition.scored) names.emplace_back(definition.name);
  }
  return names;
}

std::map<std::string, double> signals_of(const TurnEvidence& evidence) {
  std::map<std::string, double> signals;
  for (const auto& definition : signal_definitions()) {
    if (!definition.before_execution && !evidence.executed) continue;
    signals[std::string(definition.name)] = definition.value(evidence);
  }
  return signals;
}

}  // namespace weir
