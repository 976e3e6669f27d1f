#include "tasks/reverse_patch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string reverse(const std::string& diff) {
  return render(reversed(parse_patch(diff)));
}

bool git(const fs::path& folder, std::vector<std::string> words) {
  ProcessRequest request;
  request.argv = {"git", "-c", "user.name=w", "-c", "user.email=w@localhost"};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.cwd = folder.string();
  return run_process(request).ok();
}

TEST(ReversePatch, TurnsModesNamesAndSidesRound) {
  const std::string diff =
      "diff --git a/old.txt b/new.txt\nold mode 100644\nnew mode 100755\nsimilarity index 80%\n"
      "rename from old.txt\nrename to new.txt\nindex 111..222 100644\n--- a/old.txt\n"
      "+++ b/new.txt\n@@ -1,3 +1,4 @@ f\n a\r\n-b\n+c\n+d\n e\n\\ No newline at end of file\n"
      "diff --git a/n b/n\nnew file mode 100644\nindex 000..333\n--- /dev/null\n+++ b/n\n"
      "@@ -0,0 +1,1 @@\n+x\n";
  const std::string back =
      "diff --git a/new.txt b/old.txt\nold mode 100755\nnew mode 100644\nsimilarity index 80%\n"
      "rename from new.txt\nrename to old.txt\nindex 222..111 100644\n--- a/new.txt\n"
      "+++ b/old.txt\n@@ -1,4 +1,3 @@ f\n a\r\n-c\n-d\n+b\n e\n\\ No newline at end of file\n"
      "diff --git a/n b/n\ndeleted file mode 100644\nindex 333..000\n--- a/n\n+++ /dev/null\n"
      "@@ -1,1 +0,0 @@\n-x\n";
  EXPECT_EQ(reverse(diff), back);
  EXPECT_EQ(reverse(back), diff);
}

TEST(ReversePatch, GitTakesItBack) {
  const TemporaryFolder folder;
  write_file(folder / "kept.txt", "1\n2\n3\n4\n5");
  write_file(folder / "gone.txt", "bye\n");
  write_file(folder / "moved.txt", "a\nb\nc\nd\ne\nf\n");
  ASSERT_TRUE(git(folder.path(), {"init", "-q", "."}));
  ASSERT_TRUE(git(folder.path(), {"add", "-A"}));
  ASSERT_TRUE(git(folder.path(), {"commit", "-q", "-m", "base"}));
  write_file(folder / "kept.txt", "1\ntwo\r\n3\n4\nfive\n");
  fs::remove(folder / "gone.txt");
  fs::rename(folder / "moved.txt", folder / "there.txt");
  write_file(folder / "there.txt", "a\nb\nC\nd\ne\nf\n");
  write_file(folder / "new.txt", "new");
  ASSERT_TRUE(git(folder.path(), {"add", "-A"}));
  ProcessRequest request;
  request.argv = {"git", "diff", "--cached", "-M"};
  request.cwd = folder.path().string();
  const std::string diff = run_process(request).out;
  ASSERT_THAT(diff, HasSubstr("rename from"));
  write_file(folder / "back.diff", reverse(diff));
  ASSERT_TRUE(git(folder.path(), {"apply", "back.diff"}));
  fs::remove(folder / "back.diff");
  ASSERT_TRUE(git(folder.path(), {"add", "-A"}));
  EXPECT_TRUE(git(folder.path(), {"diff", "--cached", "--quiet"}));
}

TEST(ReversePatch, WhatLostItsOldContentIsRefused) {
  for (const char* lost : {"Binary files a/x and b/x differ", "GIT binary patch", "copy from y"}) {
    const std::string diff = std::string("diff --git a/x b/x\n") + lost + "\n";
    EXPECT_THAT(error_of([&] { (void)reverse(diff); }), HasSubstr("cannot be reversed"));
  }
}

}  // namespace
}  // namespace weir
