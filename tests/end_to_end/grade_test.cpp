// weir grade, the binary: the bundled repositories' instances, by predictions of every kind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

const std::string kSuite = WEIR_SOURCE_DIR "/tasks/suites/first_steps/instances.jsonl";

class Grade : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
    for (const auto line : split_lines(rows_)) {
      if (!line.empty()) ids_.push_back(json::parse(line).at("instance_id"));
    }
  }
  Ran grade(const std::string& predictions, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"grade",     kSuite, "--predictions",
                                          predictions, "--db", (folder_ / "w.db").string(),
                                          "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_weir(arguments);
  }
  std::string rows_ = read_file(kSuite);
  std::vector<std::string> ids_;
  TemporaryFolder folder_;
};

TEST_F(Grade, GoldResolvesAndEmptyDoesNot) {
  const Ran gold = grade("gold", {"--report-dir", (folder_ / "out").string(), "--twice", "1"});
  ASSERT_EQ(gold.exit_code, 0) << gold.err;
  const json report = json::parse(gold.out);
  EXPECT_EQ(report["schema_version"], 2);
  EXPECT_EQ(report["resolved_instances"], ids_.size());
  EXPECT_EQ(report["weir"]["graded_twice"], ids_.size());
  EXPECT_EQ(report["weir"]["disagreed"], json::array());
  EXPECT_TRUE(report["instances"][ids_[0]]["resolved"].get<bool>());
  const fs::path place = folder_ / "out/logs/run_evaluation/weir/gold" / ids_[0];
  EXPECT_EQ(json::parse(read_file(place / "report.json")),
            json({{ids_[0], report["instances"][ids_[0]]}}));
  EXPECT_THAT(read_file(place / "test_output.txt"), HasSubstr(">>>>> Start Test Output"));
  EXPECT_TRUE(fs::exists(folder_ / "out/gold.weir.json"));

  const json empty = json::parse(grade("empty").out);
  EXPECT_EQ(empty["resolved_instances"], 0);
  EXPECT_EQ(empty["unresolved_instances"], ids_.size());
}

TEST_F(Grade, AVerdictIsKnownForTheSameDiffOnly) {
  const std::string only = ids_[0];
  const auto known = [&](const Ran& ran) {
    return json::parse(ran.out)["weir"]["outcomes"][only]["known"].get<bool>();
  };
  EXPECT_FALSE(known(grade("gold", {"--task", only})));
  EXPECT_TRUE(known(grade("gold", {"--task", only})));
  EXPECT_FALSE(known(grade("gold", {"--task", only, "--fresh"})));
  EXPECT_FALSE(known(grade("empty", {"--task", only})));
  EXPECT_FALSE(known(grade("gold", {"--task", only, "--timeout", "77"})));
}

TEST_F(Grade, EverythingOddAboutAFileIsToldAndTheRestIsGraded) {
  const std::string bad = "--- a/none\\n+++ b/none\\n@@ -1 +1 @@\\n-a\\n+b\\n";
  write_file(folder_ / "preds.jsonl",
             "{\"instance_id\":\"" + ids_[0] +
                 "\",\"model_patch\":\"\",\"model_name_or_path\":\"m/x\"}\n"
                 "{\"instance_id\":\"" +
                 ids_[1] +
                 "\",\"model_patch\":\"old\",\"model_name_or_path\":\"m/x\"}\n"
                 "{\"instance_id\":\"" +
                 ids_[1] + "\",\"model_patch\":\"" + bad +
                 "\",\"model_name_or_path\":\"m/x\"}\n"
                 "{\"instance_id\":\"nobody__nothing-1\",\"model_patch\":\"x\",\"model_name_or_"
                 "path\":\"m/x\"}\n");
  const Ran ran = grade((folder_ / "preds.jsonl").string());
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json report = json::parse(ran.out);
  EXPECT_EQ(report["empty_patch_ids"], json::array({ids_[0]}));
  EXPECT_EQ(report["error_ids"], json::array({ids_[1]}));  // it does not apply: no report
  EXPECT_EQ(report["incomplete_ids"].size(), ids_.size() - 2);
  EXPECT_THAT(ran.err, HasSubstr("nobody__nothing-1"));
  EXPECT_EQ(report["weir"]["findings"].size(), 3U) << report["weir"]["findings"];
  // It is a run like any other.
  EXPECT_EQ(sql(folder_ / "w.db", "SELECT group_concat(DISTINCT config) FROM v_trial"), "m/x");
  EXPECT_EQ(sql(folder_ / "w.db", "SELECT count(*) FROM v_trial"), "2");
  EXPECT_EQ(run_weir({"compare", "--db", (folder_ / "w.db").string()}).exit_code, 0);
}

TEST_F(Grade, BadInputNamesItsPlace) {
  write_file(folder_ / "p.jsonl",
             "{\"instance_id\":\"a\",\"model_patch\":\"\"}\n{\"model_patch\":\"\"}\n");
  const Ran ran = grade((folder_ / "p.jsonl").string());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("p.jsonl:2"));
  EXPECT_EQ(grade((folder_ / "none.jsonl").string()).exit_code, 2);
  const Ran nowhere = grade("gold", {"--environment", (folder_ / "none").string()});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--environment: "));
  write_file(folder_ / "file", "");
  const Ran unwritable = grade("gold", {"--report-dir", (folder_ / "file/x").string()});
  EXPECT_EQ(unwritable.exit_code, 2);
  EXPECT_THAT(unwritable.err, testing::Not(HasSubstr("resolved")));
}

TEST_F(Grade, AnInterruptedOneMakesNoReportAndGoesOn) {
  const std::vector<std::string> words = {
      "grade", kSuite, "--predictions", "gold", "--jobs", "1", "--db", (folder_ / "w.db").string()};
  const pid_t pid = start_weir(words);
  while (!fs::exists(folder_ / "w.db") ||
         sql(folder_ / "w.db", "SELECT count(*) FROM verdict") == "0") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 130);
  EXPECT_EQ(sql(folder_ / "w.db", "SELECT count(*) FROM v_trial"), "0");
  const Ran rest = run_weir(words);
  EXPECT_EQ(rest.exit_code, 0);
  EXPECT_THAT(rest.err, HasSubstr("resolved, known"));
}

}  // namespace
}  // namespace weir
