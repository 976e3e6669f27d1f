// weir grade, the binary, on rows of SWE-bench Pro: scripts beside the data, predictions and the
// report in its shapes. A rootfs folder stands for the image, and its `python` runs shell scripts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runners/process.hpp"
#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"
#include "tests/rootfs.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

const std::string kFix = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n+new\n";
const std::string kTests =
    "diff --git a/t b/t\nnew file mode 100644\n--- /dev/null\n+++ b/t\n@@ -0,0 +1 @@\n+new\n";

class GradePro : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
    const fs::path root = folder_ / "root";
    make_rootfs(root, {"bash",  "cat", "chmod", "cmp",    "cp", "env", "find", "git",
                       "grep",  "ls",  "mkdir", "mktemp", "mv", "rm",  "sed",  "sort",
                       "touch", "wc",  "xargs", "cut",    "tr", "head"});
    write_file(root / "bin/python", "#!/bin/bash\nexec bash \"$@\"\n");
    fs::permissions(root / "bin/python", fs::perms(0755));
    const ProcessResult made =
        run_process({.argv = {"bash", "-c",
                              "rm -rf \"$1\" && git init -q -b main \"$1\" && cd \"$1\" && echo "
                              "old > f && git add f && git -c "
                              "user.name=a -c user.email=a@b commit -qm one && git rev-parse HEAD",
                              "make", (root / "app").string()}});
    ASSERT_TRUE(made.ok()) << made.err;
    const std::string commit = made.out.substr(0, 40);
    add("instance_o__r-1", commit);
    add("instance_o__r-2", commit);
    const fs::path scripts = folder_ / "scripts/instance_o__r-1";
    fs::create_directories(scripts);
    write_file(
        scripts / "run_script.sh",
        "set -e\necho \"given $1\" >&2\nif cmp -s f t; then echo PASSED; else echo FAILED; fi\n");
    write_file(scripts / "parser.py",
               "echo \"{\\\"tests\\\":[{\\\"name\\\":\\\"same\\\",\\\"status\\\":\\\"$(cat "
               "$1)\\\"}]}\" > \"$3\"\n");
  }

  void add(const std::string& id, const std::string& commit) {
    const json row = {{"repo", "o/r"},
                      {"instance_id", id},
                      {"base_commit", commit},
                      {"patch", kFix},
                      {"test_patch", kTests},
                      {"problem_statement", "It is old."},
                      {"fail_to_pass", "['same']"},
                      {"pass_to_pass", "[]"},
                      {"selected_test_files_to_run", "['t', \"u\"]"},
                      {"before_repo_set_cmd", "git clean -fd\ngit checkout 99 -- t"},
                      {"dockerhub_tag", "o.r-1"}};
    rows_ += row.dump() + "\n";
    write_file(folder_ / "pro.jsonl", rows_);
  }

  Ran grade(const std::string& predictions) {
    return run_weir({"grade", (folder_ / "pro.jsonl").string(), "--predictions", predictions,
                     "--run-scripts", (folder_ / "scripts").string(), "--environment",
                     (folder_ / "root").string(), "--db", (folder_ / "w.db").string(),
                     "--report-dir", (folder_ / "out").string(), "--json"});
  }
  json results() { return json::parse(read_file(folder_ / "out/eval_results.json")); }

  TemporaryFolder folder_;
  std::string rows_;
};

TEST_F(GradePro, GoldAndPredictionsAreJudgedByItsRule) {
  const Ran gold = grade("gold");
  ASSERT_EQ(gold.exit_code, 0) << gold.err;
  EXPECT_EQ(json::parse(gold.out)["resolved_ids"], json::array({"instance_o__r-1"})) << gold.err;
  EXPECT_EQ(results(), json({{"instance_o__r-1", true}}));
  EXPECT_THAT(gold.err, HasSubstr("has no scripts for instance_o__r-2"));
  const fs::path place = folder_ / "out/logs/run_evaluation/weir/gold/instance_o__r-1";
  EXPECT_THAT(read_file(place / "test_output.txt"),
              AllOf(HasSubstr("PASSED\n"), HasSubstr("\ngiven t,u\n")));

  EXPECT_EQ(json::parse(grade("empty").out)["unresolved_ids"], json::array({"instance_o__r-1"}));
  EXPECT_EQ(results(), json({{"instance_o__r-1", false}}));

  const json predictions = {{{"instance_id", "instance_o__r-1"}, {"patch", kFix}, {"prefix", "m"}},
                            {{"instance_id", "instance_o__r-2"}, {"patch", ""}, {"prefix", "m"}}};
  write_file(folder_ / "preds.json", predictions.dump());
  const Ran ran = grade((folder_ / "preds.json").string());
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(results(), json({{"instance_o__r-1", true}, {"instance_o__r-2", false}}));
  // The same diff in the same environment; another parser would be another task.
  EXPECT_TRUE(json::parse(ran.out)["weir"]["outcomes"]["instance_o__r-1"]["known"].get<bool>());
  write_file(folder_ / "scripts/instance_o__r-1/parser.py", "exit 3\n");
  const json changed = json::parse(grade("gold").out)["weir"]["outcomes"]["instance_o__r-1"];
  EXPECT_FALSE(changed["known"].get<bool>());
  EXPECT_EQ(changed["outcome"], "invalid");
}

TEST_F(GradePro, AFolderThatIsNotThereIsAnInputError) {
  fs::remove_all(folder_ / "scripts");
  const Ran ran = grade("gold");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("no such folder of run scripts"));
}

}  // namespace
}  // namespace weir
