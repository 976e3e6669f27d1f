#include "runners/grade/strict/counts.hpp"

#include <algorithm>

#include "runners/grade/logs/text.hpp"

namespace weir::strict {
namespace {

const CountWord* find_word(CountWords words, std::string_view word) {
  const auto* const found =
      std::find_if(words.begin(), words.end(), [&](const auto& each) { return each.word == word; });
  return found == words.end() ? nullptr : found;
}

void note(RunnerSummary& counts, const CountWord& word, int number) {
  if (word.count == nullptr) return;
  std::optional<int>& sum = counts.*word.count;
  sum = std::min(1'000'000'000, sum.value_or(0) + number);
}

/// One item at a time; a closing line has few, and a line that is none ends at once.
template <class Read>
std::optional<RunnerSummary> read_items(std::string_view line, std::string_view separator,
                                        RunnerSummary counts, const Read& read) {
  for (;;) {
    const auto end = line.find(separator);
    if (!read(logs::stripped(line.substr(0, end)), counts)) return {};
    if (end == std::string_view::npos) return counts;
    line.remove_prefix(end + separator.size());
  }
}

}  // namespace

std::optional<int> take_count(std::string_view& text) {
  std::size_t digits = 0;
  int value = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    value = std::min(100'000'000, value) * 10 + (text[digits] - '0');
  }
  if (digits == 0) return {};
  text.remove_prefix(digits);
  return std::min(1'000'000'000, value);
}

std::optional<RunnerSummary> counts_before_words(std::string_view line, std::string_view separator,
                                                 CountWords words, RunnerSummary start) {
  return read_items(line, separator, start, [&](std::string_view item, RunnerSummary& counts) {
    const auto number = take_count(item);
    if (!number || !logs::take(item, " ")) return false;
    const CountWord* const word = find_word(words, item);
    if (word != nullptr) note(counts, *word, *number);
    return word != nullptr;
  });
}

std::optional<RunnerSummary> counts_behind_words(std::string_view line, std::string_view separator,
                                                 CountWords words) {
  return read_items(line, separator, {}, [&](std::string_view item, RunnerSummary& counts) {
    const auto colon = item.find(':');
    if (colon == std::string_view::npos) return false;
    const CountWord* const word = find_word(words, item.substr(0, colon));
    std::string_view rest = logs::left_stripped(item.substr(colon + 1));
    const auto number = take_count(rest);
    if (word == nullptr || !number || !rest.empty()) return false;
    note(counts, *word, *number);
    return true;
  });
}

}  // namespace weir::strict
