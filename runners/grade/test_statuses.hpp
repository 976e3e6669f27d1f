#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// Test id -> PASSED | FAILED | SKIPPED | ERROR | XFAIL (or, as the official
/// parsers do, the word a line began with). Remembers the order in which ids
/// were first seen: the official rule for cut ids takes the first. Ids are
/// opaque bytes. Not thread-safe.
class TestStatuses {
 public:
  using Entry = std::pair<std::string, std::string>;

  TestStatuses() = default;
  TestStatuses(std::initializer_list<Entry> entries);

  /// The status of `id`, made empty if it is new. The reference holds until the next id.
  std::string& operator[](std::string_view id);

  [[nodiscard]] std::vector<Entry>::const_iterator find(std::string_view id) const;
  [[nodiscard]] std::vector<Entry>::const_iterator begin() const { return entries_.begin(); }
  [[nodiscard]] std::vector<Entry>::const_iterator end() const { return entries_.end(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Slot {
    std::uint32_t place = 0;  ///< in entries_, plus one; 0 is a free slot
    std::uint32_t tag = 0;    ///< further bits of the hash, to compare before the text
  };

  [[nodiscard]] std::size_t slot_of(std::string_view id, std::size_t hash) const;
  void grow();

  std::vector<Entry> entries_;
  std::vector<Slot> slots_;  ///< open addressing; a power of two, at most half full
};

/// Equal as maps: the order does not count.
[[nodiscard]] bool operator==(const TestStatuses& a, const TestStatuses& b);

}  // namespace weir
