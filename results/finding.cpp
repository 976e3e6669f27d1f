#include "results/finding.hpp"

#include <array>

namespace weir {
namespace {

/// Order follows the enum. Names are stored in databases: never change them.
constexpr std::array<std::string_view, 5> kNames = {"history_access", "network_lookup", "test_edit",
                                                    "marker_printing", "path_shim"};

}  // namespace

std::string_view name_of(FindingKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<FindingKind> finding_kind_named(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<FindingKind>(i);
  }
  return {};
}

}  // namespace weir
