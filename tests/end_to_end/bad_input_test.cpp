// Bad input: a clear message, the documented exit code, nothing lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runners/process.hpp"
#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

class BadInput : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    write_file(folder_ / name, text);
    return (folder_ / name).string();
  }
  std::string db() const { return (folder_ / "w.db").string(); }
  void expect(const std::vector<std::string>& arguments, int code, const std::string& message) {
    const Ran ran = run_weir(arguments);
    EXPECT_EQ(ran.exit_code, code) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(message));
    EXPECT_EQ(ran.out, "");
  }
  TemporaryFolder folder_;
};

TEST_F(BadInput, Usage) {
  expect({"frobnicate"}, 2, "");
  expect({"run"}, 2, "experiment");
  expect({"run", "x.toml", "--jobs", "0"}, 2, "--jobs");
  EXPECT_EQ(run_weir({"--help"}).exit_code, 0);
  EXPECT_THAT(run_weir({"--version"}).out, HasSubstr("weir 0."));
}

TEST_F(BadInput, Files) {
  expect({"run", "/no/such.toml", "--db", db()}, 2, "/no/such.toml: no such experiment file");
  expect({"run", file("b.toml", "[experiment\n"), "--db", db()}, 2, "b.toml:1: not valid TOML");
  expect({"runs", "--db", db()}, 2, "no such database; make one with `weir run");
  expect({"runs", "--db", file("x.db", std::string(4096, 'x'))}, 2, "x.db");
  expect({"validate", "/no/such/suite"}, 2, "no such suite");
}

TEST_F(BadInput, Experiments) {
  const std::string head = "[experiment]\nsuites = [\"s\"]\nconfigs = [\"a\"]\n";
  expect({"run", file("e.toml", head + "[configs.a]\ntiers = [\"flsh\"]\n[models.flash]\nprovider = "
                                       "\"simulated\"\n"),
          "--db", db()},
         2, "e.toml:5: [configs.a] tiers: unknown model \"flsh\"; did you mean \"flash\"?");
  expect({"run", kExperiment, "--task", "nothing-*", "--db", db()}, 2, "no task matches");
  expect({"run", kExperiment, "--config", "casade", "--db", db()}, 2, "did you mean \"cascade\"?");
}

TEST_F(BadInput, DuplicateTasksInTwoSuites) {
  const std::string suite = WEIR_SOURCE_DIR "/tasks/suites/first_steps/recover-orders-csv";
  expect({"run", kExperiment, "--suite", suite, "--suite", suite, "--db", db()}, 2,
         "in another suite");
}

TEST_F(BadInput, ValidateReportsADefectAndGoesOn) {
  if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  std::filesystem::create_directories(folder_ / "s/broken");
  write_file(folder_ / "s/broken/task.toml", "[agent\n");
  std::filesystem::copy(WEIR_SOURCE_DIR "/tasks/suites/first_steps/recover-orders-csv",
                        folder_ / "s/good", std::filesystem::copy_options::recursive);
  const Ran ran = run_weir({"validate", (folder_ / "s").string(), "--json"});
  EXPECT_EQ(ran.exit_code, 1);
  const auto result = nlohmann::json::parse(ran.out);
  EXPECT_EQ(result.at("valid"), 1);
  EXPECT_EQ(result.at("invalid"), 1);
  EXPECT_THAT(result.at("tasks").at(0).at("reason").get<std::string>(), HasSubstr("task.toml:1"));
}

TEST_F(BadInput, AFullDiskKeepsWhatWasCommitted) {
  if (!boxes_work()) GTEST_SKIP() << "mounting needs root";
  const std::string small = (folder_ / "small").string();
  std::filesystem::create_directory(small);
  ASSERT_TRUE(run_process({.argv = {"mount", "-t", "tmpfs", "-o", "size=700k", "none", small}}).ok());
  const std::string full = small + "/w.db";
  const Ran ran = run_weir({"run", kExperiment, "--db", full});
  EXPECT_EQ(ran.exit_code, 3) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("free space and run `weir resume`"));
  ASSERT_TRUE(run_process({.argv = {"mount", "-o", "remount,size=64m", small}}).ok());
  EXPECT_EQ(run_process({.argv = {"sqlite3", full, "PRAGMA integrity_check"}}).out, "ok\n");
  EXPECT_NE(sql(full, "SELECT count(*) FROM v_call"), "0");
  const Ran resumed = run_weir({"resume", "--db", full});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(sql(full, "SELECT count(*) FROM v_trial WHERE outcome <> 'not_run'"), "90");
  EXPECT_TRUE(run_process({.argv = {"umount", small}}).ok());
}

TEST_F(BadInput, NoUserNamespacesSaysWhatToEnable) {
  if (!boxes_work()) GTEST_SKIP() << "needs root to switch namespaces off for a child";
  const auto result = run_process(
      {.argv = {"unshare", "--user", "--map-root-user", "bash", "-c",
                "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$0\" sandbox run -- true",
                WEIR_BINARY}});
  EXPECT_EQ(result.exit_code, 125) << result.err;
  EXPECT_THAT(result.err, HasSubstr("user.max_user_namespaces"));
}

}  // namespace
}  // namespace weir
