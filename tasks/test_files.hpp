#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/patch.hpp"

namespace weir {

/// Whether a repository's file at `path` belongs to its tests, by its path alone. It does if
///  - a folder above it is called test, tests, spec, specs, e2e, __tests__, __mocks__,
///    __snapshots__ or testdata, in any case ("src/test/java", "Tests/");
///  - or its name begins with "test_", or is conftest.py;
///  - or its name without the extension ends in _test, _tests, _spec, .test, .tests or .spec
///    ("a_test.go", "a.spec.ts");
///  - or it is a class of tests of a JVM or .NET language: FooTest, FooTests, FooIT, TestFoo.
/// What such a folder holds that is no test (fixtures, helpers) goes with the tests: they
/// need it. A product's own `testing/` does not.
[[nodiscard]] bool is_test_file(std::string_view path);

/// What is read before any test is and could turn its verdict: conftest.py, sitecustomize.py,
/// usercustomize.py, *.pth, pytest.ini, tox.ini, .coveragerc, jest, vitest and karma
/// configurations, .mocharc, phpunit.xml, .rspec.
[[nodiscard]] bool is_test_config(std::string_view path);
/// The same as globs of file names.
[[nodiscard]] const std::vector<std::string>& test_config_names();

/// A change cut in two: what solves a problem, and the tests that show it.
struct SplitPatch {
  Patch solution;
  Patch tests;
};

/// Each file's change goes to one side whole. A rename that crosses from one side to the
/// other cannot be cut: make diffs without renames.
[[nodiscard]] SplitPatch split_patch(const Patch& patch);

}  // namespace weir
