#include "results/exchange/endings.hpp"

#include <algorithm>
#include <array>

namespace weir {
namespace {

using enum Outcome;

constexpr auto kEndings = std::to_array<ForeignEnding>({
    // Terminal-Bench: failure_mode
    {"agent_timeout", "wall", agent_limit},
    {"test_timeout", "", invalid},  // as Weir's own verifiers that do not end in time
    {"parse_error", "", invalid},   // the tests' output could not be read: no verdict on anyone
    {"unknown_agent_error", "agent_error", agent_error},
    {"fatal_llm_parse_error", "format_errors", agent_error},
    {"context_length_exceeded", "context", agent_limit},
    {"output_length_exceeded", "tokens", agent_limit},
    {"agent_installation_failed", "", infra_error, true},
    {"unknown", "", infra_error},

    // Harbor: exception_type
    {"AgentTimeoutError", "wall", agent_limit},
    {"NonZeroAgentExitCodeError", "agent_error", agent_error},
    {"AgentSafetyRefusalError", "blocked", agent_limit},
    {"ContextWindowExceededError", "context", agent_limit},
    {"ContextLengthExceededError", "context", agent_limit},
    {"OutputTokenExceededError", "tokens", agent_limit},
    {"OutputLengthExceededError", "tokens", agent_limit},
    {"MemoryLimitExceededError", "agent_error", agent_error},
    {"VerifierTimeoutError", "", invalid},
    {"RewardFileNotFoundError", "", invalid},
    {"RewardFileEmptyError", "", invalid},
    {"VerifierOutputParseError", "", invalid},
    {"ApiError", "", provider_error},
    {"ApiRateLimitError", "", provider_error},
    {"ApiUsageLimitError", "", provider_error},
    {"ApiInternalServerError", "", provider_error},
    {"ApiOverloadedError", "", provider_error},
    {"ApiConnectionError", "", provider_error},
    {"ApiConnectionClosedError", "", provider_error},
    {"ApiResponseStalledError", "", provider_error},
    {"ApiProviderResourceNotFoundError", "", provider_error},
    {"UnknownApiError", "", provider_error},
    {"AgentAuthenticationError", "", provider_error},
    {"ModelNotFoundError", "", provider_error},
    {"NetworkConnectionError", "", provider_error},
    {"AgentSetupTimeoutError", "", infra_error, true},
    {"EnvironmentStartTimeoutError", "", infra_error, true},
    {"SandboxBuildFailedError", "", infra_error, true},
    {"HealthcheckError", "", infra_error, true},
    {"AddTestsDirError", "", infra_error},
    {"DownloadVerifierDirError", "", infra_error},
    {"CancelledError", "", not_run},
});

}  // namespace

const ForeignEnding* find_ending(std::string_view name) {
  const auto found = std::find_if(kEndings.begin(), kEndings.end(),
                                  [&](const auto& ending) { return ending.name == name; });
  return found == kEndings.end() ? nullptr : &*found;
}

void take_ending(ForeignTrial& trial, const std::string& name) {
  if (name.empty() || name == "unset" || name == "none") return;
  const ForeignEnding* ending = find_ending(name);
  const bool graded = trial.outcome == resolved || trial.outcome == unresolved;
  const Outcome otherwise = ending == nullptr ? infra_error : ending->ungraded;
  const bool missing = ending != nullptr && is_missing(otherwise) &&
                       (trial.outcome != resolved || ending->never_began);
  if (!graded || missing) trial.outcome = otherwise;
  const bool says_why = ending != nullptr && !is_missing(trial.outcome);
  if (says_why) trial.stop_reason = ending->stop_reason;
  if (trial.stop_reason != name_of(StopReason::wall)) trial.error_class = name;
}

}  // namespace weir
