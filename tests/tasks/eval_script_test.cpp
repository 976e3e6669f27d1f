#include "tasks/eval_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/files.hpp"
#include "tasks/json_rows.hpp"
#include "tasks/swebench_instance.hpp"
#include "tests/error_of.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHash = "0123456789abcdef0123456789abcdef01234567";

const std::string kScript =
    std::string("#!/bin/bash\nset -uxo pipefail\ncd /testbed\ngit checkout ") + kHash +
    " t.py\ngit apply -v - <<'EOF_1'\n+: '>>>>> Start Test Output'\n"
    ": '>>>>> Start Test Output'\n" +
    kHash +
    "\nEOF_1\nmake\n"
    ": '>>>>> Start Test Output'\n(pytest \\\n  t.py) | cat\r\n"
    ": '>>>>> End Test Output'\ngit checkout " +
    kHash + " t.py\n";

std::string error_in(const std::string& script) {
  return error_of([&] { (void)cut_eval_script(script); });
}

TEST(EvalScript, IsCutAtItsMarkers) {
  const EvalScript cut = cut_eval_script(kScript);
  EXPECT_THAT(cut.prepare, HasSubstr("EOF_1\nmake\n"));
  EXPECT_THAT(cut.prepare, Not(HasSubstr("pytest")));
  EXPECT_EQ(cut.tests, "(pytest \\\n  t.py) | cat\r\n");
  EXPECT_EQ(cut.reset, std::string("git checkout ") + kHash + " t.py\n");
}

TEST(EvalScript, EchoesAndCarriageReturnsAreMarkersToo) {
  const EvalScript cut = cut_eval_script(
      "a\r\n  echo \">>>>> Start Test Output\"\r\nb\r\necho '>>>>> End Test Output'\r\nc");
  EXPECT_EQ(cut.prepare, "a\r\n");
  EXPECT_EQ(cut.tests, "b\r\n");
  EXPECT_EQ(cut.reset, "c");
  EXPECT_EQ(cut_eval_script(": '>>>>> Start Test Output'\n: '>>>>> End Test Output'").tests, "");
}

TEST(EvalScript, MarkersThatAreMissingDoubledOrTurnedRoundAreTold) {
  const std::string start = ": '>>>>> Start Test Output'\n";
  const std::string end = ": '>>>>> End Test Output'\n";
  EXPECT_EQ(error_in(""), "no line prints \">>>>> Start Test Output\"");
  EXPECT_EQ(error_in(start + "t\n"), "no line prints \">>>>> End Test Output\"");
  EXPECT_EQ(error_in(start + "t\n" + start + end),
            "lines 1 and 3 both print \">>>>> Start Test Output\"");
  EXPECT_EQ(error_in(end + "t\n" + start), "line 1 ends the tests' output before line 3 begins it");
  EXPECT_THAT(error_in("cat <<E\n" + start + "E\n" + end), HasSubstr("no line prints"));
  EXPECT_THAT(error_in("x; " + start + end), HasSubstr("no line prints"));
}

TEST(EvalScript, WhatLooksLikeADocumentAndIsNoneHidesNothing) {
  for (const char* line : {"x=$((1 << n))", "cat <<< word", "# a << b", "cat <<", "a <<<< E\nE"}) {
    const std::string script =
        std::string(line) + "\n: '>>>>> Start Test Output'\nt\n: '>>>>> End Test Output'\n";
    EXPECT_EQ(cut_eval_script(script).tests, "t\n") << line;
  }
  EXPECT_EQ(cut_eval_script("cat <<-A <<\"B\"\n: '>>>>> Start Test Output'\n\tA\nB\n"
                            ": '>>>>> Start Test Output'\nt\n: '>>>>> End Test Output'")
                .tests,
            "t\n");
}

TEST(EvalScript, TheCommitIsNamedOutsideDocuments) {
  const std::string named = with_commit_named(kScript, kHash, "task-base");
  EXPECT_THAT(named, HasSubstr("git checkout task-base t.py\ngit apply"));
  EXPECT_THAT(named, HasSubstr(std::string("\n") + kHash + "\nEOF_1"));
  EXPECT_THAT(cut_eval_script(named).reset, HasSubstr("git checkout task-base t.py\n"));
  EXPECT_EQ(with_commit_named("git diff abc abc", "abc", "b"), "git diff abc abc");
  EXPECT_EQ(with_commit_named("git diff", "", "b"), "git diff");
  const std::string twice = std::string(kHash) + ".." + kHash;
  EXPECT_EQ(with_commit_named(twice, kHash, "b"), "b..b");
}

TEST(EvalScript, EveryRealScriptIsCutAndNamesItsCommitNoMore) {
  const fs::path data = WEIR_SHARED_DATA "/swebench/instances";
  if (!fs::exists(data)) GTEST_SKIP() << "shared data is not here";
  int scripts = 0;
  for (const char* file :
       {"verified", "lite_only", "lite_dev", "multilingual", "multimodal_sample"}) {
    const std::string text = read_file(data / (file + std::string(".jsonl")));
    for (const auto& slice : cut_json_rows(text).slices) {
      const SwebenchInstance instance = read_instance(parse_row(slice.text));
      if (!instance.eval_script) continue;
      const EvalScript cut = cut_eval_script(
          with_commit_named(*instance.eval_script, instance.base_commit, "task-base"));
      EXPECT_THAT(cut.prepare, Not(HasSubstr(instance.base_commit))) << instance.id;
      EXPECT_THAT(cut.prepare, HasSubstr("git apply")) << instance.id;
      EXPECT_THAT(cut.tests, Not(HasSubstr("git checkout"))) << instance.id;
      EXPECT_NE(cut.tests, "") << instance.id;
      ++scripts;
    }
  }
  EXPECT_GT(scripts, 600);
}

}  // namespace
}  // namespace weir
