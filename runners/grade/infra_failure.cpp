#include "runners/grade/infra_failure.hpp"

#include <algorithm>
#include <array>

#include "runners/grade/logs/text.hpp"

namespace weir {
namespace {

constexpr auto kNone = std::string_view::npos;

/// A line that is nothing but "Killed".
bool killed(std::string_view text) {
  constexpr std::string_view kKilled = "Killed";
  for (auto at = text.find(kKilled); at != kNone; at = text.find(kKilled, at + 1)) {
    const bool begins = at == 0 || text[at - 1] == '\n';
    const std::size_t end = at + kKilled.size();
    if (begins && (end == text.size() || text[end] == '\n')) return true;
  }
  return false;
}

bool timed_out(std::string_view text) {
  constexpr std::string_view kTimeout = "Timeout error: ";
  for (auto at = text.find(kTimeout); at != kNone; at = text.find(kTimeout, at + 1)) {
    std::string_view rest = text.substr(at + kTimeout.size());
    if (logs::take_digits(rest) && logs::starts(rest, " seconds exceeded")) return true;
  }
  return false;
}

struct Signature {
  FailureReason reason;
  std::array<std::string_view, 3> words;  ///< any of them; "" is none
  bool (*other)(std::string_view text) = nullptr;
};

constexpr auto kEnvironment = FailureTier::environment;
constexpr auto kAmbiguous = FailureTier::ambiguous;

constexpr std::array<Signature, 8> kSignatures = {{
    {{"browser_launch_failed", kEnvironment}, {"Failed to launch", "Failed to connect to the bus"}},
    {{"display_unavailable", kEnvironment},
     {"cannot open display", "Missing X server", "unable to open X display"}},
    {{"out_of_memory", kEnvironment}, {"Cannot allocate memory", "OutOfMemoryError"}, killed},
    {{"container_unavailable", kEnvironment},
     {"Error response from daemon", "Cannot connect to the Docker daemon"}},
    {{"network_unreachable", kEnvironment},
     {"Could not resolve host", "Temporary failure in name resolution"}},
    {{"missing_module", kAmbiguous},
     {"Cannot find module", "MODULE_NOT_FOUND", "ModuleNotFoundError"}},
    {{"no_tests_collected", kAmbiguous}, {"no tests ran", "collected 0 items"}},
    {{"tests_timed_out", kAmbiguous}, {}, timed_out},
}};

}  // namespace

std::optional<FailureReason> failure_reason(std::string_view text) {
  for (const auto& signature : kSignatures) {
    const bool said = std::any_of(signature.words.begin(), signature.words.end(), [&](auto word) {
      return !word.empty() && logs::contains(text, word);
    });
    if (said || (signature.other != nullptr && signature.other(text))) return signature.reason;
  }
  return {};
}

}  // namespace weir
