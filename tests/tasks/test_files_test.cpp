// Cutting a fix in two, and making a question of its message.

#include "tasks/test_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/problem_text.hpp"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(TestFiles, AreToldByTheirPaths) {
  for (const char* path :
       {"tests/a.py", "pkg/tests/data/x.json", "src/test/java/Foo.java", "Tests/Readme.md",
        "spec/models/user.rb", "web/__tests__/a.js", "testdata/in.txt", "test_a.py", "a_test.go",
        "x/a_tests.cc", "a.spec.ts", "a.test.js", "user_spec.rb", "conftest.py", "src/FooTest.java",
        "src/FooIT.kt", "src/TestFoo.java", "e2e/login.ts"}) {
    EXPECT_TRUE(is_test_file(path)) << path;
  }
  for (const char* path : {"a.py", "pkg/testing/helpers.py", "src/latest/a.py", "contest.py",
                           "src/Test.cpp", "docs/spec.md", "src/Testament.java", "_test.go",
                           "protest.py", "src/FooTest.cpp", "", "test", "tests"}) {
    EXPECT_FALSE(is_test_file(path)) << path;
  }
}

constexpr const char* kFix =
    "diff --git a/calc/sum.py b/calc/sum.py\n"
    "--- a/calc/sum.py\n"
    "+++ b/calc/sum.py\n"
    "@@ -1,2 +1,2 @@\n"
    " def total(items):\n"
    "-    return sum(items[1:])\n"
    "+    return sum(items[0:])\n"
    "diff --git a/tests/gone.bin b/tests/gone.bin\n"
    "deleted file mode 100644\n"
    "index 1..0\n"
    "GIT binary patch\n"
    "literal 0\n"
    "HcmV?d00001\n"
    "\n"
    "diff --git a/tests/test_sum.py b/tests/test_sum.py\n"
    "new file mode 100644\n"
    "--- /dev/null\n"
    "+++ b/tests/test_sum.py\n"
    "@@ -0,0 +1,1 @@\n"
    "+pass\n";

TEST(TestFiles, EachFileGoesToOneSideWhole) {
  const SplitPatch split = split_patch(parse_patch(kFix));
  EXPECT_THAT(touched_files(split.solution), ElementsAre("calc/sum.py"));
  EXPECT_THAT(touched_files(split.tests), ElementsAre("tests/gone.bin", "tests/test_sum.py"));
  EXPECT_EQ(render(split.solution) + render(split.tests), kFix);
}

Patch solution() {
  return split_patch(parse_patch(kFix)).solution;
}

TEST(ProblemText, IsTheMessageWithoutItsTrailers) {
  const ProblemText problem = problem_text(
      "total() forgets the first item\n\nIt should be part of the sum.\nNote: also for one item\n\n"
      "Fixes: #12\nCo-authored-by: A <a@b.c>\n(cherry picked from commit 1234)\n\n"
      "Signed-off-by: B <b@b.c>\n",
      solution());
  EXPECT_EQ(problem.text,
            "total() forgets the first item\n\nIt should be part of the sum.\n"
            "Note: also for one item");
  EXPECT_THAT(problem.warnings, IsEmpty());
}

TEST(ProblemText, WarnsOfPoorQuestions) {
  EXPECT_THAT(problem_text("Fixes: it", solution()).text, "Fixes: it");  // a subject is no trailer
  EXPECT_THAT(problem_text("Fix", solution()).warnings, ElementsAre(HasSubstr("one line")));
  EXPECT_THAT(problem_text("", solution()).warnings, ElementsAre(HasSubstr("one line")));
  EXPECT_THAT(
      problem_text("Fix\n\nIn sum.py, say:\n    return sum(items[0:])\n", solution()).warnings,
      ElementsAre(HasSubstr("sum.py"), HasSubstr("return sum(items[0:])")));
}

TEST(TestFiles, ConfigurationThatTurnsVerdictsIsKnown) {
  for (const char* path : {"conftest.py", "a/conftest.py", "sitecustomize.py", "x.pth", "pytest.ini",
                           "jest.config.ts", "vitest.config.mts", ".mocharc.json", "phpunit.xml.dist"}) {
    EXPECT_TRUE(is_test_config(path)) << path;
  }
  for (const char* path : {"setup.cfg", "pyproject.toml", "package.json", "conf.py", "jest.md"}) {
    EXPECT_FALSE(is_test_config(path)) << path;
  }
}

}  // namespace
}  // namespace weir
