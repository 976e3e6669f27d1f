#pragma once

#include <string_view>

namespace weir {

/// Whether a log without a single test that its parser sees was still written by a
/// suite that ran: a count above zero in the words of karma ("Executed 3 of 3",
/// "TOTAL: 3 SUCCESS"), mocha ("3 passing"), jest ("Tests: 3", "Test Suites: 1 failed,
/// 3 total"), TAP ("# tests 3") or jasmine ("3 specs, 0 failures"), or one passing
/// case of OpenLayers. SWE-bench's list; parsers of failures need it.
[[nodiscard]] bool suite_ran(std::string_view text);

}  // namespace weir
