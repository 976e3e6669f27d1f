#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

using std::chrono::milliseconds;
/// A point in time as stored: milliseconds since the Unix epoch, UTC.
using TimePoint = std::chrono::sys_time<milliseconds>;

/// "250ms", "60s", "30m", "2h", "1.5h"; nullopt if malformed or negative.
[[nodiscard]] std::optional<milliseconds> parse_duration(std::string_view text);

/// "512M", "2G", "4K", "1073741824" as bytes (powers of 1024; an optional "B" or
/// "iB" may follow); nullopt if malformed.
[[nodiscard]] std::optional<std::int64_t> parse_bytes(std::string_view text);

/// RFC 3339 in UTC: "2026-05-01T00:00:00Z", fractional seconds and numeric
/// offsets accepted; nullopt if malformed.
[[nodiscard]] std::optional<TimePoint> parse_time(std::string_view text);

/// "2026-05-01T00:00:00.000Z".
[[nodiscard]] std::string format_time(TimePoint time);

/// "350 ms", "4.2 s", "3 min 07 s", "2 h 05 min".
[[nodiscard]] std::string format_duration(milliseconds duration);

}  // namespace weir
