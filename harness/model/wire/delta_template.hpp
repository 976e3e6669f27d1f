#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Most events of a stream equal the one before but for one string: the piece of
/// text they add. Such an event need not be parsed whole. Given an event that was
/// parsed, and the text one of its keys held, it remembers what stands around
/// that string; an event with the same surroundings, byte for byte, is the same
/// JSON with another string there, so that reading the string is reading the
/// event. Anything else is not matched, and is parsed. One thread.
class DeltaTemplate {
 public:
  /// `key` held `text` in `event` and nothing else in it mattered. Remembers
  /// nothing if the key stands there more than once.
  void learn(std::string_view event, std::string_view key, std::string_view text);
  void forget() { prefix_.clear(); }

  /// The text of an event of this kind; nullopt if it is of another. Valid until
  /// the next call.
  [[nodiscard]] std::optional<std::string_view> match(std::string_view event);

 private:
  std::string prefix_;  ///< up to and with the string's opening quote; "" = none
  std::string suffix_;  ///< from its closing quote on
  std::string text_;    ///< of a string with escapes
};

}  // namespace weir
