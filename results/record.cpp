#include "results/record.hpp"

#include <charconv>

#include <array>

namespace weir {
namespace {

// Order follows the enums. Names are stored in databases: never change them.
constexpr std::array<std::string_view, 8> kOutcomes = {
    "resolved", "unresolved",     "agent_limit", "agent_error",
    "invalid",  "provider_error", "infra_error", "not_run"};
constexpr std::array<std::string_view, 10> kStopReasons = {
    "submitted", "turns",         "usd",         "tokens",  "wall",
    "context",   "format_errors", "agent_error", "blocked", "cancelled"};
constexpr std::array<std::string_view, 3> kVisibilities = {"agent", "harness", "grader"};

}  // namespace

std::string_view name_of(Outcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}
std::string_view name_of(StopReason reason) {
  return kStopReasons[static_cast<std::size_t>(reason)];
}
std::string_view name_of(Visibility visibility) {
  return kVisibilities[static_cast<std::size_t>(visibility)];
}

std::optional<Outcome> outcome_named(std::string_view name) {
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    if (kOutcomes[i] == name) return static_cast<Outcome>(i);
  }
  return {};
}

std::optional<StopReason> stop_reason_named(std::string_view name) {
  for (std::size_t i = 0; i < kStopReasons.size(); ++i) {
    if (kStopReasons[i] == name) return static_cast<StopReason>(i);
  }
  return {};
}

std::optional<Visibility> visibility_named(std::string_view name) {
  for (std::size_t i = 0; i < kVisibilities.size(); ++i) {
    if (kVisibilities[i] == name) return static_cast<Visibility>(i);
  }
  return {};
}

std::string server_name(const std::string& served, const std::string& fingerprint) {
  return fingerprint.empty() ? served : served + " (" + fingerprint + ")";
}

bool is_missing(Outcome outcome) {
  return outcome == Outcome::provider_error || outcome == Outcome::infra_error ||
         outcome == Outcome::not_run;
}

int restarts_before(const std::string& segment) {
  const auto at = segment.rfind("/s");
  int ordinal = 0;
  if (at != std::string::npos) {
    std::from_chars(segment.data() + at + 2, segment.data() + segment.size(), ordinal);
  }
  return ordinal;
}

}  // namespace weir
