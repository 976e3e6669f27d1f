#include "runners/test_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TestNames, Pytest) {
  const TestNames names = read_test_names(
      "tests/a.py ..F\nPASSED tests/a.py::test_x\nFAILED tests/a.py::T::test_y - assert 1 == 2\n"
      "ERROR tests/b.py - ImportError\n=== 1 failed, 1 passed, 1 error in 0.12s ===\n");
  EXPECT_THAT(names.red, ElementsAre("tests/a.py::T::test_y", "tests/b.py"));
  EXPECT_THAT(names.green, ElementsAre("tests/a.py::test_x"));
  EXPECT_EQ(names.red_count, 2);
  EXPECT_EQ(read_test_names("5 passed in 0.1s\n").red_count, 0);
}

TEST(TestNames, Unittest) {
  const TestNames names = read_test_names(
      "test_x (tests.t.T.test_x) ... ok\ntest_y (tests.t.T.test_y) ... FAIL\n\n"
      "FAIL: test_y (tests.t.T.test_y)\n---\nRan 2 tests in 0.0s\n\nFAILED (failures=1)\n");
  EXPECT_THAT(names.red, ElementsAre("test_y (tests.t.T.test_y)"));
  EXPECT_THAT(names.green, ElementsAre("test_x (tests.t.T.test_x)"));
  EXPECT_EQ(names.red_count, 1);
  EXPECT_EQ(read_test_names("FAILED (failures=2, errors=3)\n").red_count, 5);
}

TEST(TestNames, GoCargoTapAndJest) {
  EXPECT_THAT(read_test_names("--- FAIL: TestA (0.00s)\n--- PASS: TestB (0.00s)\n").red,
              ElementsAre("TestA"));
  const TestNames cargo = read_test_names("test a::b ... ok\ntest a::c ... FAILED\n");
  EXPECT_THAT(cargo.red, ElementsAre("a::c"));
  EXPECT_THAT(cargo.green, ElementsAre("a::b"));
  EXPECT_THAT(read_test_names("ok 1 - adds\nnot ok 2 - subtracts\n").red,
              ElementsAre("2 - subtracts"));
  EXPECT_THAT(read_test_names("  \xE2\x9C\x95 adds (3 ms)\n  \xE2\x9C\x93 subtracts\n").red,
              ElementsAre("adds"));
}

TEST(TestNames, WhatIsNoTestLogNamesNothing) {
  const TestNames names = read_test_names("make: *** [check] Error 1\n");
  EXPECT_THAT(names.red, IsEmpty());
  EXPECT_FALSE(names.red_count);
  EXPECT_FALSE(read_test_names("").red_count);
}

TEST(TestNames, ATestThatIsRedOnceIsRed) {
  const TestNames names = read_test_names("PASSED a\nFAILED a - flaky\n");
  EXPECT_THAT(names.green, IsEmpty());
  EXPECT_EQ(names.red_count, 1);
}

}  // namespace
}  // namespace weir
