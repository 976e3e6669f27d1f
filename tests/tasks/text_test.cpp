#include "tasks/text.hpp"

#include <gtest/gtest.h>

#include "tasks/nearest.hpp"

namespace weir {
namespace {

TEST(Text, ReplacesOnlyInvalidUtf8) {
  EXPECT_EQ(to_utf8("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(to_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(to_utf8("\xC3"), "\xEF\xBF\xBD");                  // cut short
  EXPECT_EQ(to_utf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");  // overlong NUL
  EXPECT_EQ(code_points(to_utf8("\xED\xA0\x80")), 3U);         // a surrogate is three bad bytes
}

TEST(Text, QuotesForTheShell) { EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'"); }

TEST(Text, MatchesGlobs) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("weir-*-1", "weir-first-steps__a-1"));
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_FALSE(glob_match("a*b", "ab-"));
}

TEST(Text, SuggestsTheNearestWord) {
  EXPECT_EQ(nearest("atempts", {"attempts", "configs"}), "attempts");
  EXPECT_EQ(nearest("zzzzzz", {"attempts", "configs"}), "");
}

}  // namespace
}  // namespace weir
