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
/// escapes \\ \' \" \n \r \t \xHH \uHHHH. Throws UserError if it is not one.
[[nodiscard]] std::vector<std::string> parse_python_list(std::string_view text);

}  // namespace weir
