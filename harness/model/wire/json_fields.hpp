#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Fields of foreign JSON, whose types are never to be relied on.

/// Parses a service's JSON; discarded if it is none. Bytes that are not UTF-8
/// and surrogates without their other half become U+FFFD: one broken emoji must
/// not cost an answer that was paid for.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);

/// The value as JSON text; never throws.
[[nodiscard]] std::string dump_text(const nlohmann::json& value);

/// Tool arguments as text that is a JSON object: as they are, or, where the model
/// wrote something else, {"malformed_arguments": what it wrote}.
[[nodiscard]] std::string object_arguments(const std::string& arguments);

/// A string field; "" if it is absent or of another type.
[[nodiscard]] std::string text_field(const nlohmann::json& object, const char* key);

/// A count: a whole number from 0; unknown if absent or anything else.
[[nodiscard]] std::optional<std::int64_t> count_field(const nlohmann::json& object,
                                                      const char* key);

/// A field, or null.
[[nodiscard]] const nlohmann::json& field(const nlohmann::json& object, const char* key);

}  // namespace weir
