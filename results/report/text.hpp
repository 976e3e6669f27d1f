#pragma once

#include <optional>
#include <string>

#include "results/report/document.hpp"
#include "results/statistics/clusters.hpp"
#include "results/trial_summary.hpp"

namespace weir {

// How numbers are written in every report.

inline constexpr const char* kUnknown = "unknown";

[[nodiscard]] std::string percent(double share);
[[nodiscard]] std::string usd(const std::optional<double>& value);
/// A p-value: three digits, "< 0.001" below.
[[nodiscard]] std::string p_text(double p);

/// Text as HTML and XML may hold it: markup escaped, what XML forbids as '?'.
[[nodiscard]] std::string escaped_markup(const std::string& text);

[[nodiscard]] Cell rate_cell(const ClusteredRate& rate);
[[nodiscard]] Cell share_cell(double share);
[[nodiscard]] Cell share_cell(std::optional<std::int64_t> part, std::optional<std::int64_t> whole);
[[nodiscard]] Cell count_cell(const std::optional<std::int64_t>& count);
[[nodiscard]] Cell tokens_cell(const std::optional<std::int64_t>& count);
[[nodiscard]] Cell usd_cell(const std::optional<double>& value);
/// A sum over `parts`; where some calls have no price, at least that much.
[[nodiscard]] Cell spend_cell(const Spend& sum, int parts);
/// A value with its sign; what rounds to nothing is +0.
[[nodiscard]] std::string signed_text(double value, int digits);
/// A difference of dollars, with its sign.
[[nodiscard]] Cell dollars_cell(const std::optional<double>& difference);
/// A difference of rates in points, with its sign.
[[nodiscard]] Cell points_cell(double difference);
/// "[low, high]" of values shown with `digits`, scaled.
[[nodiscard]] std::string range(const Interval& interval, double scale, int digits);
[[nodiscard]] Cell range_cell(const std::optional<Interval>& interval, double scale, int digits);

}  // namespace weir
