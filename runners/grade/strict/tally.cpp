#include "runners/grade/strict/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tasks/text.hpp"

namespace weir::strict {
namespace {

/// From harmless to worst.
constexpr std::array<std::string_view, 6> kRanks = {"PASSED", "XFAIL", "SKIPPED",
                                                    "XPASS",  "ERROR", "FAILED"};

std::size_t rank(std::string_view status) {
  return static_cast<std::size_t>(std::find(kRanks.begin(), kRanks.end(), status) - kRanks.begin());
}

bool passes(std::string_view status) {
  return status == "PASSED" || status == "XFAIL" || status == "XPASS";
}

/// A test can pass and yet err when it is torn down; it cannot pass and fail.
bool contradict_each_other(std::string_view a, std::string_view b) {
  return (passes(a) && b == "FAILED") || (passes(b) && a == "FAILED");
}

void add(std::optional<int>& sum, std::optional<int> more) {
  constexpr int kMost = 1'000'000'000;
  if (more) sum = std::min(kMost, sum.value_or(0) + std::min(kMost, *more));
}

}  // namespace

void Tally::saw(std::string_view id, std::string_view status, std::string_view place) {
  std::string& kept = log_.statuses[id];
  if (kept.empty() || rank(status) > rank(kept)) kept = status;
  std::string key(place);
  (key += '\0') += id;
  std::string& before = placed_[key];
  if (contradict_each_other(before, status)) {
    contradict(fmt::format("the test {} has both passed and failed", to_utf8(id.substr(0, 200))));
  }
  if (before.empty() || rank(status) > rank(before)) before = status;
}

void Tally::count(std::string_view status, int tests) {
  int& sum = counts_.try_emplace(std::string(status), 0).first->second;
  sum = static_cast<int>(std::min<long>(1'000'000'000, static_cast<long>(sum) + tests));
  since_closing_ = 1;
  listed_ = 1;
}

void Tally::list(std::string_view id, std::string_view status, std::string_view place) {
  saw(id, status, place);
  count(status);
}

void Tally::close(const RunnerSummary& summary) {
  RunnerSummary& sum = log_.summary ? *log_.summary : log_.summary.emplace();
  add(sum.passed, summary.passed);
  add(sum.failed, summary.failed);
  add(sum.skipped, summary.skipped);
  add(sum.errors, summary.errors);
  add(sum.xfailed, summary.xfailed);
  add(sum.xpassed, summary.xpassed);
  add(sum.total, summary.total);
  ++sum.closings;
  since_closing_ = 0;
}

void Tally::contradict(std::string what) {
  constexpr std::size_t kMost = 100;
  if (log_.contradictions.size() < kMost) log_.contradictions.push_back(std::move(what));
}

int Tally::counted(std::string_view status) const {
  const auto found = counts_.find(status);
  return found == counts_.end() ? 0 : found->second;
}

void Tally::compare(std::string_view status, std::optional<int> said, Listing listing) {
  const int listed = counted(status);
  if (!said || listed == *said || listed == 0) return;
  if (listed < *said && listing == Listing::partial) return;
  contradict(
      fmt::format("the log lists {} tests as {}, its runner counts {}", listed, status, *said));
}

StrictLog Tally::finish(Closing closing, Listing listing) {
  if (!log_.summary) {
    if (closing == Closing::always && listed_ > 0) {
      contradict("the log lists tests and ends without its runner's closing words");
    }
    return std::move(log_);
  }
  if (since_closing_ > 0) contradict("tests are listed behind the runner's last closing words");
  const RunnerSummary& sum = *log_.summary;
  compare("PASSED", sum.passed, listing);
  compare("FAILED", sum.failed, listing);
  compare("SKIPPED", sum.skipped, listing);
  compare("ERROR", sum.errors, listing);
  compare("XFAIL", sum.xfailed, listing);
  compare("XPASS", sum.xpassed, listing);
  const int ran = counted("PASSED") + counted("XFAIL");
  if (sum.total && ran > *sum.total) {
    contradict(
        fmt::format("the log lists {} tests that passed, its runner ran {}", ran, *sum.total));
  }
  return std::move(log_);
}

}  // namespace weir::strict
