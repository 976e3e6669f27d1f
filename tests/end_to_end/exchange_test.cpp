// What is exported comes back as it was.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/exchange/atif.hpp"
#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

using nlohmann::json;

TEST(Exchange, ARunSurvivesItsTripThroughTrajectoriesAndCsv) {
  if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  const TemporaryFolder folder;
  const std::string db = (folder / "w.db").string();
  ASSERT_EQ(run_weir({"run", kExperiment, "--attempts", "1", "--task", "*ringline*", "--task",
                      "*orders*", "--db", db})
                .exit_code,
            0);
  const auto sums = [&](const std::string& run) {
    const char* columns[] = {"outcome",     "turns",     "calls",
                             "input_total", "input_hit", "output_total",
                             "cost_pusd",   "simulated", "coalesce(stop_reason, '')"};
    std::string query = "SELECT group_concat(line, ';') FROM (SELECT task || config || attempt";
    for (const char* column : columns) query += std::string(" || ',' || v_trial.") + column;
    query.replace(query.find("v_trial.coalesce(stop"), 8, "");
    return sql(
        db, query + " AS line FROM v_trial WHERE run LIKE '" + run + "%' ORDER BY task, config)");
  };
  const std::string original = sql(db, "SELECT run FROM v_run");
  for (const std::string format : {"atif", "csv"}) {
    const std::string out = (folder / format).string();
    const Ran exported =
        run_weir({"export", original, "--format", format, "-o", out, "--json", "--db", db});
    ASSERT_EQ(exported.exit_code, 0) << exported.err;
    const json files = json::parse(exported.out).at("files");
    EXPECT_EQ(files.size(), format == "atif" ? 6U : 1U);
    for (const auto& file : files) {
      if (format == "csv") break;
      EXPECT_THAT(check_atif(json::parse(read_file(file.get<std::string>()))),
                  testing::ElementsAre());
    }
    const Ran imported = run_weir(
        {"import", format == "atif" ? out : files[0].get<std::string>(), "--json", "--db", db});
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
    const json entry = json::parse(imported.out).at("imported").at(0);
    EXPECT_TRUE(entry.at("simulated").get<bool>());
    EXPECT_EQ(sums(entry.at("run")), sums(original));
    EXPECT_EQ(
        run_weir({"export", entry.at("run"), "--format", "atif", "-o", out, "--db", db}).exit_code,
        2);  // an imported run has no trajectories
  }
  ASSERT_EQ(run_weir({"export", original, "--format", "predictions", "-o", (folder / "p").string(),
                      "--db", db})
                .exit_code,
            0);
  const json line = json::parse(read_file(folder / "p/flash.1.predictions.jsonl"));
  EXPECT_EQ(line.at("instance_id"), "weir-first-steps__ringline-1");
  EXPECT_THAT(line.at("model_name_or_path").get<std::string>(), testing::HasSubstr("simulated"));
}

}  // namespace
}  // namespace weir
