#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A SWE-bench test list in any of its typings: a JSON array, JSON text inside
/// a string, a Python list literal inside a string, or missing (null). Ids are
/// opaque byte strings. Throws UserError (message without location) otherwise.
[[nodiscard]] std::vector<std::string> parse_test_list(const nlohmann::json& value);

/// The items of a Python list of string literals: '...' or "...", with the
/// escapes \\ \' \" \a \b \f \n \r \t \v \xHH \uHHHH \UHHHHHHHH. Throws UserError if it is
/// not one.
[[nodiscard]] std::vector<std::string> parse_python_list(std::string_view text);

/// How a row spells a test list: what must be given back when it is written.
enum class ListTyping { missing, array, json_text, python_text };

/// The typing of what parse_test_list takes. Of any other value `array`.
[[nodiscard]] ListTyping typing_of(const nlohmann::json& value);

/// `ids` in that typing; parse_test_list gives them back. Text is spelled as Python's json
/// and repr spell it, so that a row of an official data set comes out as it came in.
[[nodiscard]] nlohmann::json spell_test_list(const std::vector<std::string>& ids,
                                             ListTyping typing);

}  // namespace weir
