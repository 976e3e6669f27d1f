#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace weir {

/// What the output of a test runner says of single tests. For watching an agent's
/// own tests: it understands what common runners print and guesses no more. Verdicts
/// are made elsewhere (grade/log_parsers), by the parser a task names.
struct TestNames {
  std::set<std::string> red;  ///< failed, or could not be run
  std::set<std::string> green;
  std::optional<int> red_count;  ///< as counted by the runner, or by the names; unknown if neither
};

/// Reads pytest, unittest, go test, cargo test, TAP and jest.
[[nodiscard]] TestNames read_test_names(std::string_view log);

}  // namespace weir
