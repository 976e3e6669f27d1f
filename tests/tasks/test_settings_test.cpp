#include "tasks/test_settings.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(TestSettings, OnlyProjectFilesHoldThemAmongOtherThings) {
  for (const char* path : {"setup.cfg", "a/pyproject.toml", "package.json"}) {
    EXPECT_TRUE(holds_test_settings(path)) << path;
  }
  for (const char* path : {"my_setup.cfg", "setup.cfg/x", "pytest.ini", ""}) {
    EXPECT_FALSE(holds_test_settings(path)) << path;
  }
}

TEST(TestSettings, OtherSectionsMakeNoDifference) {
  const std::string pytest = "[tool:pytest]\naddopts = -x\n\n  -q\n";
  EXPECT_EQ(test_settings("setup.cfg", "[metadata]\nname = a\n" + pytest),
            test_settings("setup.cfg", pytest + "[flake8]\nmax = 1\n"));
  EXPECT_EQ(
      test_settings("pyproject.toml",
                    "[project]\nversion = '1'\n[tool.pytest.ini_options]\naddopts = '-x'\n"),
      test_settings("pyproject.toml", "tool.pytest.ini_options.addopts = \"-x\" # the same\n"));
  EXPECT_EQ(test_settings("package.json", R"({"version": "1", "scripts": {"test": "jest"}})"),
            test_settings("package.json", R"({"scripts":{"test":"jest"},"version":"2"})"));
}

TEST(TestSettings, ChangedOnesDo) {
  EXPECT_NE(test_settings("setup.cfg", "[tool:pytest]\naddopts = -p evil\n"), "");
  EXPECT_NE(test_settings("setup.cfg", "[metadata]\n[pytest] ; odd\naddopts = -p evil\n"), "");
  EXPECT_NE(test_settings("pyproject.toml", "[tool]\npytest = {ini_options = {addopts = '-x'}}"),
            "");
  EXPECT_NE(test_settings("package.json", R"({"jest": {"setupFiles": ["./evil"]}})"), "");
}

TEST(TestSettings, WhatSaysNothingOfTestsHasNone) {
  EXPECT_EQ(test_settings("setup.cfg", "[metadata]\nname = pytest\n"), "");
  EXPECT_EQ(test_settings("pyproject.toml", "[tool.black]\nline-length = 99\n"), "");
  EXPECT_EQ(test_settings("package.json", R"({"name": "a"})"), "");
  EXPECT_EQ(test_settings("pyproject.toml", " \n"), "");
}

// Whoever reads it more leniently may find settings in it.
TEST(TestSettings, UnreadableTextIsItsOwnForm) {
  EXPECT_EQ(test_settings("pyproject.toml", "[tool.pytest\n"), "[tool.pytest\n");
  EXPECT_EQ(test_settings("package.json", "{"), "{");
}

}  // namespace
}  // namespace weir
