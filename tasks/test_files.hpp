#pragma once

#include <string_view>

namespace weir {

// Which files of a repository decide how its tests end, by their paths alone ('/' between
// parts, relative to the repository).

/// Test code and its data: in a folder of tests (tests, test, testing, spec, specs, __tests__,
/// e2e, testdata) or named like a test (test_x.py, x_test.go, x.spec.ts, XTest.java ...).
[[nodiscard]] bool is_test_file(std::string_view path);

/// What is read before any test is and could turn its verdict: conftest.py, sitecustomize.py,
/// usercustomize.py, *.pth, pytest.ini, tox.ini, .coveragerc, jest, vitest and karma
/// configurations, .mocharc, phpunit.xml, .rspec.
[[nodiscard]] bool is_test_config(std::string_view path);

}  // namespace weir
