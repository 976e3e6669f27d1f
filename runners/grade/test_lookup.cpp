#include "runners/grade/test_lookup.hpp"

#include <algorithm>

namespace weir {
namespace {

bool passes(std::string_view status) {
  return status == "PASSED" || status == "XFAIL";
}

TestOutcome outcome_of_status(std::string_view status) {
  if (passes(status)) return TestOutcome::passed;
  if (status == "SKIPPED") return TestOutcome::skipped;
  return status == "FAILED" || status == "ERROR" ? TestOutcome::failed : TestOutcome::other;
}

}  // namespace

TestOutcome TestLookup::outcome_of(std::string_view id) {
  const auto exact = statuses_.find(id);
  if (exact != statuses_.end()) return outcome_of_status(exact->second);
  const bool cut = std::count(id.begin(), id.end(), '[') > std::count(id.begin(), id.end(), ']');
  const auto* const found = cut ? by_prefix(id) : nullptr;
  return found == nullptr ? TestOutcome::missing : outcome_of_status(found->second);
}

const TestStatuses::Entry* TestLookup::by_prefix(std::string_view id) {
  if (sorted_.empty()) {
    for (const auto& entry : statuses_) sorted_.push_back(&entry);
    std::sort(sorted_.begin(), sorted_.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
  }
  const TestStatuses::Entry* first = nullptr;
  auto at =
      std::lower_bound(sorted_.begin(), sorted_.end(), id,
                       [](const auto* entry, std::string_view key) { return entry->first < key; });
  for (; at != sorted_.end() && (*at)->first.compare(0, id.size(), id) == 0; ++at) {
    if (first != nullptr && passes(first->second) != passes((*at)->second)) return nullptr;
    if (first == nullptr || *at < first) first = *at;  // one vector: earlier is smaller
  }
  return first;
}

}  // namespace weir
