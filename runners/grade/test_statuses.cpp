#include "runners/grade/test_statuses.hpp"

#include <algorithm>
#include <functional>

namespace weir {
namespace {

std::size_t hash_of(std::string_view id) {
  return std::hash<std::string_view>{}(id);
}
std::uint32_t tag_of(std::size_t hash) {
  return static_cast<std::uint32_t>(hash >> 32U);
}

}  // namespace

TestStatuses::TestStatuses(std::initializer_list<Entry> entries) {
  for (const auto& [id, status] : entries) (*this)[id] = status;
}

std::size_t TestStatuses::slot_of(std::string_view id, std::size_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.place == 0) return at;
    if (slot.tag == tag_of(hash) && entries_[slot.place - 1].first == id) return at;
  }
}

void TestStatuses::grow() {
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), {});
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::size_t hash = hash_of(entries_[i].first);
    slots_[slot_of(entries_[i].first, hash)] = {static_cast<std::uint32_t>(i + 1), tag_of(hash)};
  }
}

std::string& TestStatuses::operator[](std::string_view id) {
  if (entries_.size() * 2 >= slots_.size()) grow();
  const std::size_t hash = hash_of(id);
  Slot& slot = slots_[slot_of(id, hash)];
  if (slot.place == 0) {
    entries_.emplace_back(id, std::string());
    slot = {static_cast<std::uint32_t>(entries_.size()), tag_of(hash)};
  }
  return entries_[slot.place - 1].second;
}

std::vector<TestStatuses::Entry>::const_iterator TestStatuses::find(std::string_view id) const {
  if (slots_.empty()) return entries_.end();
  const Slot& slot = slots_[slot_of(id, hash_of(id))];
  return slot.place == 0 ? entries_.end() : entries_.begin() + (slot.place - 1);
}

bool operator==(const TestStatuses& a, const TestStatuses& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& entry) {
           const auto other = b.find(entry.first);
           return other != b.end() && other->second == entry.second;
         });
}

}  // namespace weir
