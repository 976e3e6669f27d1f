// SWE-bench Pro's scripts: which files are believed to be them, and what they are run on.

#include "tasks/run_scripts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/pro_tests.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

class RunScriptsTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(scripts_ / "a");
    write_file(scripts_ / "a/run_script.sh", "run");
    write_file(scripts_ / "a/parser.py", "parse");
  }
  std::string error(const std::string& instance) const {
    return error_of([&] { (void)read_run_scripts(scripts_, instance); });
  }

  TemporaryFolder folder_;
  fs::path scripts_ = folder_ / "run_scripts";
};

TEST_F(RunScriptsTest, BothAreReadAsTheyStand) {
  const RunScripts read = read_run_scripts(scripts_, "a");
  EXPECT_EQ(read.run, "run");
  EXPECT_EQ(read.parser, "parse");
}

TEST_F(RunScriptsTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(error("b"), HasSubstr("has no scripts for b"));
  fs::remove(scripts_ / "a/run_script.sh");
  EXPECT_THAT(error("a"), HasSubstr("a/run_script.sh: No such file"));
  write_file(scripts_ / "a/run_script.sh", "run");
  fs::remove(scripts_ / "a/parser.py");
  EXPECT_THAT(error("a"), HasSubstr("a/parser.py: No such file"));
}

TEST_F(RunScriptsTest, AnIdThatIsNoNameOfAFolderReachesNothing) {
  for (const std::string id : {"", ".", "..", "a/../a", "/a", "../run_scripts/a"}) {
    EXPECT_THAT(error(id), HasSubstr("names no folder")) << id;
  }
  EXPECT_THAT(error(std::string("a\0b", 3)), HasSubstr("names no folder"));
  const std::string odd = "instance_o__r-\xc3\xa9 $(x) '\"*";
  fs::create_directories(scripts_ / odd);
  write_file(scripts_ / odd / "run_script.sh", "odd");
  write_file(scripts_ / odd / "parser.py", "odd");
  EXPECT_EQ(read_run_scripts(scripts_, odd).run, "odd");
}

TEST_F(RunScriptsTest, LinksStayInTheFolder) {
  write_file(folder_ / "secret", "secret");
  fs::remove(scripts_ / "a/parser.py");
  fs::create_symlink(folder_ / "secret", scripts_ / "a/parser.py");
  EXPECT_THAT(error("a"), HasSubstr("leads out of the folder"));
  fs::create_directory_symlink(scripts_ / "a", scripts_ / "b");
  fs::remove(scripts_ / "a/parser.py");
  write_file(scripts_ / "a/parser.py", "parse");
  EXPECT_EQ(read_run_scripts(scripts_, "b").parser, "parse");
  fs::create_directories(folder_ / "away");
  write_file(folder_ / "away/run_script.sh", "x");
  fs::create_directory_symlink(folder_ / "away", scripts_ / "c");
  EXPECT_THAT(error("c"), HasSubstr("leads out of the folder"));
}

TEST_F(RunScriptsTest, FoldersAndFloodsAreNoScripts) {
  fs::remove(scripts_ / "a/parser.py");
  fs::create_directory(scripts_ / "a/parser.py");
  EXPECT_THAT(error("a"), HasSubstr("is no file"));
  fs::remove(scripts_ / "a/parser.py");
  write_file(scripts_ / "a/parser.py", std::string((1 << 20) + 1, '#'));
  EXPECT_THAT(error("a"), HasSubstr("is larger than"));
}

TEST(ProTests, TheLineSaysWhichFilesArePutInPlace) {
  EXPECT_THAT(checked_out_paths("git checkout 99 -- a b/c"), Optional(ElementsAre("a", "b/c")));
  EXPECT_THAT(checked_out_paths("git checkout 99 a"), Optional(ElementsAre("a")));
  EXPECT_THAT(checked_out_paths("git  checkout\t99 -- 'a b' \"c\"d"),
              Optional(ElementsAre("a b", "cd")));
  for (const char* line :
       {"", "git checkout 99", "git checkout 99 --", "git checkout -f -- a", "git reset 99 -- a",
        "git checkout 99 -- $(x)", "git checkout 99 -- a; rm b", "git checkout 99 -- *.py",
        "git checkout 99 -- 'a", "git checkout 99 -- \"$a\"", "git checkout 99 -- /etc/x",
        "git checkout 99 -- -x", "git checkout 99 -- :/x", "git checkout 99 -- ''"}) {
    EXPECT_EQ(checked_out_paths(line), std::nullopt) << line;
  }
}

TEST(ProTests, OfTheTestPatchOnlyTheseFilesGoIn) {
  const auto change = [](const std::string& file) {
    return "diff --git a/" + file + " b/" + file + "\n--- a/" + file + "\n+++ b/" + file +
           "\n@@ -1,1 +1,1 @@\n-a\n+b\n";
  };
  const std::string binary =
      "diff --git a/t/x.png b/t/x.png\nindex 1..2 100644\nBinary files a/t/x.png and b/t/x.png "
      "differ\n";
  const std::string carried =
      "diff --git a/u/y.png b/u/y.png\nindex 1..2 100644\nGIT binary patch\nliteral "
      "1\nIcmZPo000310RR91\n\n";
  PatchGrading grading;
  grading.test_patch = change("t/a.py") + change("u/b.py") + binary + carried + change("t2/c.py");
  grading.official.prepare = "git checkout 99 -- t u/b.py t/x.png u/y.png u/none";
  EXPECT_THAT(test_as_pro({"run\n", "parse"}, grading),
              ElementsAre(HasSubstr("stay the base's: t/x.png, u/none")));
  EXPECT_EQ(grading.test_patch, change("t/a.py") + change("u/b.py") + binary + carried);
  EXPECT_EQ(grading.test_command, "set -- \nrun\n");
  grading.official.prepare = "make";
  EXPECT_THAT(error_of([&] { (void)test_as_pro({}, grading); }),
              HasSubstr("checks out no files: \"make\""));
}

}  // namespace
}  // namespace weir
