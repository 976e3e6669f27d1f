#include "harness/router/signals.hpp"

#include <algorithm>

namespace weir {
namespace {

using Value = std::optional<double>;

/// Turns less alike than this are simply different turns.
constexpr double kAlike = 0.8;

double yes(bool value) { return value ? 1 : 0; }

template <typename T>
Value known(const std::optional<T>& value) {
  return value ? Value(static_cast<double>(*value)) : Value();
}

Value format_error(const TurnEvidence& e) { return yes(e.format_error); }
Value no_action(const TurnEvidence& e) { return yes(e.no_action); }
Value invalid_tool_call(const TurnEvidence& e) { return yes(e.invalid_tool_call); }
Value tool_markup(const TurnEvidence& e) { return yes(e.tool_markup); }
Value truncated(const TurnEvidence& e) { return yes(e.truncated); }
Value patch_rejected(const TurnEvidence& e) { return known(e.patch_rejected); }
Value repeat(const TurnEvidence& e) { return yes(e.repeats); }
Value near_repeat(const TurnEvidence& e) { return e.similarity >= kAlike ? e.similarity : 0; }
Value budget_used(const TurnEvidence& e) { return std::clamp(e.budget_used, 0.0, 1.0); }

/// 0 where all samples agree, near 1 where none do.
Value vote_split(const TurnEvidence& e) {
  if (!e.vote || e.vote->samples == 0) return {};
  return 1 - static_cast<double>(e.vote->plurality) / e.vote->samples;
}
Value vote_entropy(const TurnEvidence& e) { return e.vote ? Value(e.vote->entropy) : Value(); }

Value nonzero_exit(const TurnEvidence& e) {
  return known(e.nonzero_exit);
}
Value command_timeout(const TurnEvidence& e) {
  return known(e.command_timeout);
}
Value edit_unparsable(const TurnEvidence& e) {
  return e.unparsable_files ? Value(yes(*e.unparsable_files > 0)) : Value();
}
Value no_diff(const TurnEvidence& e) {
  return e.changed_files ? Value(yes(!*e.changed_files)) : Value();
}

/// Red counts against a turn if it is this turn's doing (the tests were green),
/// or if the turn would submit in spite of it. A task that begins red is as red
/// after its first good step: that says nothing.
Value tests_red(const TurnEvidence& e) {
  if (e.submits && !e.tests) {
    return e.tests_red_before && !e.acts_first ? Value(yes(*e.tests_red_before)) : Value();
  }
  if (e.submits) return yes(e.tests->red);
  return yes(e.tests && e.tests->red && e.tests_red_before == false);
}
Value tests_newly_red(const TurnEvidence& e) {
  return e.tests && e.tests->newly_red ? Value(yes(*e.tests->newly_red > 0)) : Value();
}
Value red_tests(const TurnEvidence& e) { return e.tests ? known(e.tests->count) : Value(); }
Value newly_red_tests(const TurnEvidence& e) { return e.tests ? known(e.tests->newly_red) : Value(); }

Value context_tokens(const TurnEvidence& e) { return static_cast<double>(e.context_tokens); }
Value consecutive_failures(const TurnEvidence& e) { return e.consecutive_failures; }
Value turn_index(const TurnEvidence& e) { return e.turn; }
Value elapsed_s(const TurnEvidence& e) { return e.elapsed_s; }
Value output_tokens(const TurnEvidence& e) { return known(e.output_tokens); }
Value reasoning_tokens(const TurnEvidence& e) { return known(e.reasoning_tokens); }
Value surprise_q50(const TurnEvidence& e) { return e.surprise ? Value(e.surprise->q50) : Value(); }
Value surprise_q90(const TurnEvidence& e) { return e.surprise ? Value(e.surprise->q90) : Value(); }
Value surprise_q99(const TurnEvidence& e) { return e.surprise ? Value(e.surprise->q99) : Value(); }

}  // namespace

const std::vector<SignalDefinition>& signal_definitions() {
  constexpr auto draft = Moment::draft;
  constexpr auto result = Moment::result;
  constexpr auto agent = Visibility::agent;
  constexpr auto harness = Visibility::harness;
  static const std::vector<SignalDefinition> definitions = {
      // In [0,1]: these may carry a weight.
      {"format_error", format_error, true, draft, agent},
      {"no_action", no_action, true, draft, agent},
      {"invalid_tool_call", invalid_tool_call, true, draft, agent},
      {"tool_markup", tool_markup, true, draft, agent},
      {"truncated", truncated, true, draft, agent},
      {"patch_rejected", patch_rejected, true, draft, harness},
      {"repeat", repeat, true, draft, agent},
      {"near_repeat", near_repeat, true, draft, agent},
      {"vote_split", vote_split, true, draft, harness},
      {"vote_entropy", vote_entropy, true, draft, harness},
      {"budget_used", budget_used, true, draft, harness},
      {"tests_red", tests_red, true, draft, harness, true},
      {"tests_newly_red", tests_newly_red, true, result, harness, true},
      {"nonzero_exit", nonzero_exit, true, result, agent},
      {"command_timeout", command_timeout, true, result, agent},
      {"edit_unparsable", edit_unparsable, true, result, harness},
      {"no_diff", no_diff, true, result, harness},
      // Magnitudes.
      {"turn", turn_index, false, draft, agent},
      {"context_tokens", context_tokens, false, draft, harness},
      {"consecutive_failures", consecutive_failures, false, draft, harness},
      {"elapsed_s", elapsed_s, false, draft, harness},
      {"output_tokens", output_tokens, false, draft, harness},
      {"reasoning_tokens", reasoning_tokens, false, draft, harness},
      {"surprise_q50", surprise_q50, false, draft, harness},
      {"surprise_q90", surprise_q90, false, draft, harness},
      {"surprise_q99", surprise_q99, false, draft, harness},
      {"red_tests", red_tests, false, result, harness, true},
      {"newly_red_tests", newly_red_tests, false, result, harness, true},
  };
  return definitions;
}

const SignalDefinition* find_signal(std::string_view name) {
  for (const auto& definition : signal_definitions()) {
    if (definition.name == name && definition.unit) return &definition;
  }
  return nullptr;
}

std::vector<std::string> signal_names() {
  std::vector<std::string> names;
  for (const auto& definition : signal_definitions()) {
    if (definition.unit) names.emplace_back(definition.name);
  }
  return names;
}

Visibility visibility_of(const SignalDefinition& definition, const TurnEvidence& evidence) {
  return evidence.tests_hidden && definition.of_tests ? Visibility::grader
                                                               : definition.visibility;
}

std::map<std::string, double> signals_of(const TurnEvidence& evidence) {
  std::map<std::string, double> signals;
  for (const auto& definition : signal_definitions()) {
    if (definition.known == Moment::result && !evidence.executed) continue;
    if (const auto value = definition.value(evidence)) {
      signals.emplace(definition.name, *value);
    }
  }
  return signals;
}

std::map<std::string, double> policy_signals(const TurnEvidence& evidence) {
  std::map<std::string, double> signals = signals_of(evidence);
  for (const auto& definition : signal_definitions()) {
    if (visibility_of(definition, evidence) == Visibility::grader) {
      signals.erase(std::string(definition.name));
    }
  }
  return signals;
}

}  // namespace weir
