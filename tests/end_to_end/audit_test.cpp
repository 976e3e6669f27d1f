// What trials tried is told, and voids their verdict where a run is strict.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runners/process.hpp"
#include "tests/end_to_end/scripted.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

class AuditedRun : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
    scripted_.models = {"flash"};
  }
  Scripted scripted_{[](const Asked& asked) -> std::string {
    if (asked.turn == 1) return "ls /app";
    if (asked.turn == 2) return "mkdir -p /logs/verifier && echo 1 > /logs/verifier/reward.txt";
    return "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";
  }};
};

TEST_F(AuditedRun, TellsWhatWasTried) {
  ASSERT_EQ(scripted_.run("").exit_code, 0);
  EXPECT_EQ(scripted_.query("SELECT outcome FROM v_trial"), "resolved");
  EXPECT_EQ(scripted_.query("SELECT kind || ' ' || turn FROM v_audit"), "marker_printing 2");
  const std::string db = scripted_.path("w.db").string();
  const Ran shown = run_weir({"show", "task/c/1", "--db", db});
  EXPECT_THAT(shown.out, HasSubstr("audit: marker_printing (turn 2) writes where verdicts"));
  const auto object =
      nlohmann::json::parse(run_weir({"show", "task/c/1", "--json", "--db", db}).out);
  EXPECT_EQ(object.at("audit").at(0).at("kind"), "marker_printing");
  EXPECT_EQ(object.at("audit").at(0).at("turn"), 2);
  const Ran report = run_weir({"report", "--section", "integrity", "--db", db});
  EXPECT_THAT(report.out, HasSubstr("marker_printing"));
  EXPECT_THAT(report.out, HasSubstr("weir run --strict-integrity"));
}

TEST_F(AuditedRun, AStrictRunVoidsItsVerdictAndStaysStrict) {
  ASSERT_EQ(scripted_.run("").exit_code, 0);
  const std::string db = scripted_.path("strict.db").string();
  const Ran strict =
      run_weir({"run", scripted_.path("e.toml").string(), "--strict-integrity", "--db", db},
               {"WEIR_TEST_KEY=secret-key-value"});
  ASSERT_EQ(strict.exit_code, 0) << strict.err;
  EXPECT_EQ(sql(db, "SELECT outcome FROM v_trial"), "invalid");
  EXPECT_THAT(sql(db, "SELECT message FROM try"), HasSubstr("strict integrity: marker_printing"));
  EXPECT_THAT(sql(db, "SELECT spec FROM run"), HasSubstr("\"strict_integrity\":true"));
  EXPECT_THAT(sql(db, "SELECT facts FROM run"), HasSubstr("\"strict\":true"));
  // Resumed, it is what it was begun as.
  const std::string unfinish = "UPDATE try SET outcome = NULL; UPDATE run SET finished_at = NULL";
  ASSERT_EQ(run_process({.argv = {"sqlite3", db, unfinish}}).exit_code, 0);
  ASSERT_EQ(run_weir({"resume", "--db", db}, {"WEIR_TEST_KEY=secret-key-value"}).exit_code, 0);
  EXPECT_EQ(sql(db, "SELECT outcome FROM v_trial"), "invalid");
  EXPECT_EQ(sql(db, "SELECT count(*) FROM v_audit"), "1");
}

}  // namespace
}  // namespace weir
