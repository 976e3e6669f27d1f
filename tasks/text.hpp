#pragma once

#include <string>
#include <string_view>

namespace weir {

/// `bytes` with every invalid UTF-8 sequence replaced by U+FFFD. Tool output is
/// bytes; JSON, prompts and the terminal want text.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

/// `text` without ASCII white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Number of code points in valid UTF-8.
[[nodiscard]] std::size_t code_points(std::string_view text);

/// Shell word for `text`: single-quoted, safe for any bytes but NUL.
[[nodiscard]] std::string shell_quoted(std::string_view text);

/// True if `name` matches the glob `pattern` (`*` and `?`).
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view name);

}  // namespace weir
