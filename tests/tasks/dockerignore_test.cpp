#include "tasks/dockerignore.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"
#include "tests/error_of.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

TEST(DockerMatch, IsGosFilepathMatch) {
  for (const auto& [pattern, path] :
       std::vector<std::pair<const char*, const char*>>{{"*", ".env"},
                                                        {"*.py", "a.py"},
                                                        {"a/*/c", "a/b/c"},
                                                        {"a?c", "abc"},
                                                        {"[a-c]x", "bx"},
                                                        {"[^a-c]x", "dx"},
                                                        {"\\*", "*"},
                                                        {"a*b*c", "aXbbXc"},
                                                        {"[\\]-a]", "a"},
                                                        {"**", "ab"}}) {
    EXPECT_TRUE(docker_match(pattern, path)) << pattern << " " << path;
  }
  for (const auto& [pattern, path] :
       std::vector<std::pair<const char*, const char*>>{{"*", "a/b"},
                                                        {"a?c", "a/c"},
                                                        {"[^a-c]x", "ax"},
                                                        {"a[", "a"},
                                                        {"a[b-]", "ab"},
                                                        {"\\", "\\"},
                                                        {"**", "a/b"},
                                                        {"", "a"},
                                                        {"a", ""},
                                                        {"[]a]", "a"},
                                                        {"a[^/]b", "a/b"},
                                                        {"a/b", "a"}}) {
    EXPECT_FALSE(docker_match(pattern, path)) << pattern << " " << path;
  }
}

TEST(DockerIgnore, TheLastPatternThatMatchesDecides) {
  const auto ignore = DockerIgnore::parse(
      "\xef\xbb\xbf# comment\n\n  build/  \n*.log\n!keep.log\n**/*.pyc\n/docs/**\n"
      "!docs/index.md\n./a/../b\n#not a pattern\r\n**cache\r\n.\n/\n");
  for (const char* path : {"build", "build/x/y", "a.log", "x.pyc", "a/b/c.pyc", "docs/a/b", "b",
                           "b/c", "cache", "a/cache/x"}) {
    EXPECT_TRUE(ignore.ignores(path)) << path;
  }
  for (const char* path : {"a/build", "keep.log", "a/b.log", "docs", "docs/index.md", "a", "builds",
                           "not a pattern", "caches"}) {
    EXPECT_FALSE(ignore.ignores(path)) << path;
  }
  const auto all_but_one = DockerIgnore::parse("*\n!src\nsrc/x\n");
  EXPECT_TRUE(all_but_one.ignores(".git/config"));
  EXPECT_TRUE(all_but_one.ignores("src/x"));
  EXPECT_FALSE(all_but_one.ignores("src/y/z"));
  EXPECT_FALSE(DockerIgnore::parse("").ignores("a"));
  EXPECT_TRUE(DockerIgnore::parse("**/a/**/b").ignores("x/a/y/z/b"));
}

TEST(DockerIgnore, MalformedPatternsAreNamedByTheirLine) {
  for (const char* text : {"a\n[b\n", "a\n!\n", "a\nb\\\n", "a\n[]\n"}) {
    EXPECT_THAT(error_of([&] { (void)DockerIgnore::parse(text); }),
                HasSubstr(".dockerignore, line 2"))
        << text;
  }
}

}  // namespace
}  // namespace weir
