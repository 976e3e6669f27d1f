#include "tasks/config_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Config, ErrorsNameFileLineAndKey) {
  const auto file = ConfigFile::parse("x.toml", "[limits]\nturns = 5\ncommand = \"soon\"\n");
  ConfigTable root(file);
  auto limits = root.table("limits");
  EXPECT_THAT(error_of([&] { (void)limits->duration("command"); }),
              HasSubstr("x.toml:3: [limits] command: \"soon\" is not a duration"));
}

TEST(Config, UnknownKeysGetASuggestion) {
  const auto file = ConfigFile::parse("x.toml", "[limits]\ntruns = 5\n");
  ConfigTable root(file);
  auto limits = root.table("limits");
  (void)limits->integer("turns");
  const std::string error = error_of([&] { limits->reject_unknown(); });
  EXPECT_THAT(error, HasSubstr("x.toml:2"));
  EXPECT_THAT(error, HasSubstr("did you mean \"turns\"?"));
}

TEST(Config, BrokenTomlNamesTheLine) {
  EXPECT_THAT(error_of([] { (void)ConfigFile::parse("x.toml", "a = 1\nb = = 2\n"); }),
              HasSubstr("x.toml:2: not valid TOML"));
}

TEST(Config, WrongTypesAreErrors) {
  const auto file = ConfigFile::parse("x.toml", "a = 1.5\nb = [1, \"x\"]\nc = \"t\"\n");
  ConfigTable root(file);
  EXPECT_THAT(error_of([&] { (void)root.integer("a"); }), HasSubstr("whole number"));
  EXPECT_THAT(error_of([&] { (void)root.texts("b"); }), HasSubstr("list of strings"));
  EXPECT_THAT(error_of([&] { (void)root.flag("c"); }), HasSubstr("true or false"));
}

TEST(Config, TimesBecomeStrings) {
  const auto file = ConfigFile::parse("x.toml", "at = 2026-05-01T00:00:00Z\n");
  ConfigTable root(file);
  EXPECT_EQ(root.time("at"), parse_time("2026-05-01T00:00:00Z"));
}

}  // namespace
}  // namespace weir
