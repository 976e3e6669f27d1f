#include "tasks/patch.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

constexpr const char* kTwoFiles =
    "diff --git a/x.py b/x.py\n"
    "index 1..2 100644\n"
    "--- a/x.py\n"
    "+++ b/x.py\n"
    "@@ -1,3 +1,3 @@ def f():\n"
    " a\n"
    "-b\n"
    "+c\r\n"
    " d\n"
    "\\ No newline at end of file\n"
    "diff --git a/new.txt b/new.txt\n"
    "new file mode 100644\n"
    "--- /dev/null\n"
    "+++ b/new.txt\n"
    "@@ -0,0 +1,1 @@\n"
    "+--- not a header\n";

TEST(Patch, ParsesAndRendersTheSameBytes) {
  const Patch patch = parse_patch(kTwoFiles);
  ASSERT_EQ(patch.files.size(), 2U);
  EXPECT_EQ(patch.files[0].path(), "x.py");
  EXPECT_EQ(patch.files[0].hunks.at(0).section, " def f():");
  EXPECT_EQ(patch.files[1].old_path, "");
  EXPECT_EQ(patch.files[1].path(), "new.txt");
  EXPECT_EQ(render(patch), kTwoFiles);
}

TEST(Patch, EditedHunksGetNewCounts) {
  Patch patch = parse_patch(kTwoFiles);
  patch.files[0].hunks[0].lines.erase(patch.files[0].hunks[0].lines.begin() + 2);
  EXPECT_NE(render(patch).find("@@ -1,3 +1,2 @@"), std::string::npos);
}

TEST(Patch, NamesTheLineOfAMalformedHunk) {
  for (const char* bad : {"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n", "--- a/x\n+++ b/x\n@@ -x +1 @@\n",
                          "--- a/x\n+++ b/x\n@@ -1,2 +1,1 @@\n a\n*\n"}) {
    EXPECT_THROW((void)parse_patch(bad), UserError) << bad;
  }
  EXPECT_TRUE(parse_patch("no diff at all\n").files.empty());
}

TEST(Patch, RenamesAndDeletionsNameBothPaths) {
  const Patch patch = parse_patch(
      "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n"
      "diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n"
      "@@ -1 +0,0 @@\n-x\n");
  EXPECT_EQ(patch.files[1].path(), "gone");
  EXPECT_EQ(patch.files[1].new_path, "");
}

TEST(Patch, ARenameTouchesWhereItCameFrom) {
  // A hidden test that is renamed must be reset at its old place, or the
  // agent's version of it would be renamed and run.
  const Patch patch = parse_patch(
      "diff --git a/tests/old.py b/tests/new.py\nsimilarity index 100%\n"
      "rename from tests/old.py\nrename to tests/new.py\n");
  EXPECT_EQ(touched_files(patch), (std::vector<std::string>{"tests/old.py", "tests/new.py"}));
}

TEST(Patch, NamesAreUnquotedAsGitQuotesThem) {
  const Patch patch = parse_patch(
      "diff --git \"a/t\\303\\251.py\" \"b/t\\303\\251.py\"\n--- \"a/t\\303\\251.py\"\n"
      "+++ \"b/t\\303\\251.py\"\n@@ -1 +1 @@\n-a\n+b\n");
  EXPECT_EQ(touched_files(patch), std::vector<std::string>{"t\xC3\xA9.py"});
}

TEST(Patch, BundledGoldPatchesSurviveARoundTrip) {
  const std::string text =
      read_file(WEIR_SOURCE_DIR "/tasks/suites/first_steps/instances.jsonl");
  int seen = 0;
  for (const auto line : split_lines(text)) {
    const auto row = nlohmann::json::parse(line);
    for (const char* key : {"patch", "test_patch"}) {
      const Patch once = parse_patch(row.at(key).get<std::string>());
      EXPECT_FALSE(once.files.empty());
      EXPECT_EQ(render(parse_patch(render(once))), render(once));
      ++seen;
    }
  }
  EXPECT_EQ(seen, 10);
}

TEST(Patch, BinaryFilesAreLeftOutAndAllElseStands) {
  const std::string one = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+Binary files\n";
  const std::string differ =
      "diff --git a/y b/y\nindex 1..2 100644\nBinary files a/y and b/y differ\n";
  const std::string carried =
      "diff --git a/z b/z\nindex 1..2\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n";
  EXPECT_EQ(without_binary_files(differ + one + carried + one), one + one);
  EXPECT_EQ(without_binary_files(one), one);
  EXPECT_EQ(without_binary_files(differ), "");
  EXPECT_EQ(without_binary_files("no diff at all"), "no diff at all");
  EXPECT_EQ(without_binary_files(""), "");
}

}  // namespace
}  // namespace weir
