// Instances in images of their own, under their official names, with a real podman; skipped,
// visibly, without one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runners/oci/engine.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/extras/podman_test.hpp"
#include "tests/rootfs.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kImage = "docker.io/swebench/sweb.eval.x86_64.weirtest_1776_r-1:latest";
/// Says as go test does whether f is new.
constexpr const char* kTests =
    "diff --git a/check.sh b/check.sh\nnew file mode 100644\n--- /dev/null\n+++ b/check.sh\n"
    "@@ -0,0 +1,5 @@\n+if [ \"$(cat f)\" = new ]; then\n"
    "+  printf -- '--- PASS: fixed (0.1s)\\nPASS\\nok  \\to/r\\t0.1s\\n'\n+else\n"
    "+  printf -- '--- FAIL: fixed (0.1s)\\nFAIL\\nFAIL\\to/r\\t0.1s\\nFAIL\\n'; exit 1\n+fi\n";

class InstanceImages : public PodmanTest {
 protected:
  void SetUp() override {
    PodmanTest::SetUp();
    if (IsSkipped()) return;
    commit_ = make_image();
    write_file(folder_ / "rows.jsonl",
               row("weirtest__r-1").dump() + "\n" + row("weirtest__r-2").dump() + "\n");
  }

  /// Returns its base commit.
  std::string make_image() {
    const fs::path root = folder_ / "root";
    make_rootfs(root, {"bash", "cat", "chmod", "cp", "env", "find", "git", "grep", "ls", "mkdir",
                       "mktemp", "mv", "rm", "sed", "touch", "wc", "xargs"});
    const ProcessResult made = run_process(
        {.argv = {
             "bash", "-c",
             "set -e; export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a "
             "GIT_COMMITTER_EMAIL=a@b; git init -q -b main $1/testbed; cd $1/testbed; echo old > "
             "f; git add -A; git commit -qm one; git rev-parse HEAD; echo new > f; git commit -qam "
             "fix; git reset -q --hard HEAD~1; printf 'FROM scratch\\nCOPY . /\\nENV "
             "IN_IMAGE=yes\\n' "
             "> $1/Dockerfile",
             "make", root.string()}});
    EXPECT_TRUE(made.ok()) << made.err;
    std::vector<std::string> build = {"build", "--quiet", "--tag", kImage, "--network", "none"};
    for (const auto& flag : engine_->run_flags()) build.push_back(flag);
    build.push_back(root.string());
    const ProcessResult built = engine_->run(build);
    EXPECT_TRUE(built.ok()) << built.err;
    return made.out.substr(0, 40);
  }

  [[nodiscard]] json row(const std::string& id) const {
    const std::string script =
        "#!/bin/bash\nset -uxo pipefail\ncd /testbed\ngit diff " + commit_ +
        "\nrm -f check.sh\ngit apply -v - <<'EOF_1'\n" + kTests +
        "EOF_1\n: '>>>>> Start Test Output'\n(test $IN_IMAGE = yes && bash check.sh) | cat\n"
        ": '>>>>> End Test Output'\nrm -f check.sh\n";
    return {{"repo", "weirtest/r"},
            {"instance_id", id},
            {"base_commit", commit_},
            {"patch", "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n+new\n"},
            {"test_patch", kTests},
            {"problem_statement", "It is old."},
            {"hints_text", ""},
            {"version", "1"},
            {"FAIL_TO_PASS", {"fixed"}},
            {"PASS_TO_PASS", json::array()},
            {"eval_script", script},
            {"log_parser", "parse_log_gotest"},
            {"eval_type", "pass_and_fail"}};
  }

  [[nodiscard]] ProcessResult weir(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), WEIR_BINARY);
    return run_process({.argv = std::move(arguments), .timeout = std::chrono::minutes(4)});
  }

  TemporaryFolder folder_;
  std::string commit_;
};

TEST_F(InstanceImages, AreGradedAndAMissingOneSparesTheOthers) {
  const std::string rows = (folder_ / "rows.jsonl").string();
  const auto grade = [&](const char* predictions) {
    return weir({"grade", rows, "--predictions", predictions, "--json", "--db",
                 (folder_ / "w.db").string()});
  };
  const ProcessResult gold = grade("gold");
  EXPECT_EQ(gold.exit_code, 3) << gold.err;
  const json report = json::parse(gold.out);
  EXPECT_EQ(report["resolved_ids"], json::array({"weirtest__r-1"})) << gold.err;
  EXPECT_EQ(report["weir"]["outcomes"]["weirtest__r-2"]["outcome"], "infra_error");
  EXPECT_THAT(
      report["weir"]["outcomes"]["weirtest__r-2"]["message"].get<std::string>(),
      HasSubstr("podman pull docker.io/swebench/sweb.eval.x86_64.weirtest_1776_r-2:latest"));
  EXPECT_EQ(json::parse(grade("empty").out)["unresolved_ids"], json::array({"weirtest__r-1"}));
}

TEST_F(InstanceImages, AreValidated) {
  const ProcessResult validated =
      weir({"validate", (folder_ / "rows.jsonl").string(), "--task", "weirtest__r-1", "--json"});
  EXPECT_EQ(validated.exit_code, 0) << validated.err << validated.out;
}

}  // namespace
}  // namespace weir
