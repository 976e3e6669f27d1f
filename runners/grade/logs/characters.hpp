#pragma once

#include <cstdint>
#include <string_view>

namespace weir::logs {

// Kinds of characters in UTF-8, as Python's str and re understand them: the
// official parsers are written in it, so a no-break space ends a field and an
// Arabic digit is a digit. Invalid bytes are characters of no kind. Unicode 14.

/// One character: its code point and how many bytes it takes. Of an invalid
/// byte U+FFFD and 1; of an empty text 0 and 0.
struct Character {
  char32_t point = 0;
  std::size_t length = 0;
};
[[nodiscard]] Character first_character(std::string_view text);
[[nodiscard]] Character last_character(std::string_view text);

/// `\s`, `\d` and `\w`.
[[nodiscard]] bool is_space(char32_t point);
[[nodiscard]] bool is_digit(char32_t point);
[[nodiscard]] bool is_word(char32_t point);

/// The value 0..9 of a digit.
[[nodiscard]] int digit_value(char32_t point);

/// True for the ASCII characters among `\s`.
[[nodiscard]] constexpr bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1C' && c <= '\x1F');
}

}  // namespace weir::logs
