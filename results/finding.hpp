#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// What a trial tried that could bend its verdict. Names are stored and frozen.
enum class FindingKind { history_access, network_lookup, test_edit, marker_printing, path_shim };
inline constexpr FindingKind kFindingKinds[] = {
    FindingKind::history_access, FindingKind::network_lookup, FindingKind::test_edit,
    FindingKind::marker_printing, FindingKind::path_shim};

[[nodiscard]] std::string_view name_of(FindingKind kind);
[[nodiscard]] std::optional<FindingKind> finding_kind_named(std::string_view name);

/// Something an audit found. It says what was tried, not that it worked, nor why.
struct Finding {
  FindingKind kind = FindingKind::history_access;
  std::optional<int> turn;  ///< nullopt: of the submission
  std::string detail;       ///< for people: what it is, and an excerpt

  bool operator==(const Finding&) const = default;
};

}  // namespace weir
