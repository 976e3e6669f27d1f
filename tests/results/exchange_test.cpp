#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "results/exchange/csv.hpp"
#include "results/exchange/outcomes.hpp"
#include "results/statistics/clusters.hpp"
#include "results/statistics/paired.hpp"
#include "results/store/import_run.hpp"
#include "results/store/reader.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Csv, ReadsQuotesEndsAndMarks) {
  const Csv csv = parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n\"x, \"\"y\"\"\nz\",\r\n\n1,2",
      "f");
  EXPECT_EQ(csv.header, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(csv.rows.size(), 2U);
  EXPECT_EQ(csv.rows[0][0], "x, \"y\"\nz");
  EXPECT_EQ(csv.rows[0][1], "");
  EXPECT_EQ(csv.lines[1], 5);
}

TEST(Csv, BadInputNamesFileAndLine) {
  EXPECT_THAT(error_of([] { (void)parse_csv("", "f.csv"); }), HasSubstr("f.csv: is empty"));
  EXPECT_THAT(error_of([] { (void)parse_csv("a,b\n1,2\n3\n", "f.csv"); }),
              HasSubstr("f.csv: line 3"));
  EXPECT_THAT(error_of([] { (void)parse_csv("a\n\"x\n\n", "f.csv"); }),
              HasSubstr("line 2: a quote"));
  EXPECT_THAT(error_of([] { (void)parse_csv("a\n\"x\"y\n", "f.csv"); }),
              HasSubstr("after a closing"));
  EXPECT_THAT(error_of([] { (void)parse_csv("a,a\n", "f.csv"); }), HasSubstr("stands twice"));
}

TEST(Outcomes, LongRowsAreTrials) {
  const auto read = read_outcomes(
      "submission,task_id,resolved,failure_mode,input_tokens,cost_usd,agent_seconds,colour\n"
      "m,t,1,unset,100,0.25,1.5,red\nm,t,,test_timeout,0,,,red\nm,t,0,agent_timeout,,,,red\n",
      "f", "c");
  ASSERT_EQ(read.trials.size(), 3U);
  EXPECT_EQ(read.trials[0].outcome, Outcome::resolved);
  EXPECT_EQ(read.trials[0].cost_pusd, 250'000'000'000);
  EXPECT_EQ(read.trials[0].wall_ms, 1500);
  EXPECT_EQ(read.trials[1].outcome, Outcome::invalid);  // blank: the failure mode decides
  EXPECT_EQ(read.trials[1].error_class, "test_timeout");
  EXPECT_FALSE(read.trials[1].input_total);  // 0 tokens: not reported
  EXPECT_FALSE(read.trials[1].cost_pusd);
  EXPECT_EQ(read.trials[2].attempt, 3);
  EXPECT_EQ(read.trials[2].stop_reason, "wall");
  EXPECT_EQ(read.ignored, std::vector<std::string>{"colour"});
}

TEST(Outcomes, WideColumnsAreConfigs) {
  const auto plain = read_outcomes("instance_id,x,y,note\nt1,1,,hello\nt2,0,1,\n", "f", "c");
  ASSERT_EQ(plain.trials.size(), 4U);
  EXPECT_EQ(plain.trials[1].outcome, Outcome::not_run);
  const auto grouped =
      read_outcomes("instance_id,x_resolved,x_cost_usd,x_calls\nt,1,0.5,7\n", "f", "c");
  ASSERT_EQ(grouped.trials.size(), 1U);
  EXPECT_EQ(grouped.trials[0].config, "x");
  EXPECT_EQ(grouped.trials[0].calls, 7);
}

TEST(Outcomes, BadInputNamesLineAndColumn) {
  const auto error = [](const char* text) {
    return error_of([&] { (void)read_outcomes(text, "f.csv", "c"); });
  };
  EXPECT_THAT(error("a,b\n1,2\n"), HasSubstr("no column names the task"));
  EXPECT_THAT(error("task,b\nx,2\n"), HasSubstr("no column holds outcomes"));
  EXPECT_THAT(error("task,pass\nx,maybe\n"), HasSubstr("f.csv: line 2: pass \"maybe\""));
  EXPECT_THAT(error("task,pass,cost_usd\nx,1,-3\n"), HasSubstr("cost_usd \"-3\""));
  EXPECT_THAT(error("task,pass,cost_usd\nx,1,1e99\n"), HasSubstr("cost_usd"));
  EXPECT_THAT(error("task,pass,attempt\nx,1,1\nx,0,1\n"), HasSubstr("stands twice"));
  EXPECT_THAT(error("task,pass\n,1\n"), HasSubstr("is blank"));
}

/// A file of the shared data, imported into a database of its own.
class Imported : public testing::Test {
 protected:
  weir::Run import(const std::string& name) {
    const std::filesystem::path file = std::string(WEIR_SHARED_DATA) + "/" + name;
    const std::string bytes = read_file(file);
    ImportSource source;
    source.run = sha256(bytes).substr(0, 32);
    source.name = source.suite = file.stem().string();
    source.source = name;
    source.at = *parse_time("2026-11-22T00:00:00Z");
    EXPECT_TRUE(import_run(db_, source, read_outcomes(bytes, name, source.name)));
    EXPECT_FALSE(import_run(db_, source, read_outcomes(bytes, name, source.name)));  // once
    return Reader(db_).find_run(source.run);
  }

  static bool here(const std::string& name) {
    return std::filesystem::exists(std::string(WEIR_SHARED_DATA) + "/" + name);
  }

  TemporaryFolder folder_;
  std::filesystem::path db_ = folder_ / "i.db";
};

/// Outcomes by task with missing data as unresolved, as the leaderboard counts.
std::vector<std::vector<double>> all_outcomes(const Arm& arm) {
  std::map<std::string, std::vector<double>> tasks;
  for (const auto& trial : arm.trials) {
    tasks[trial.task].push_back(trial.outcome == Outcome::resolved ? 1 : 0);
  }
  std::vector<std::vector<double>> clusters;
  for (const auto& [unused, values] : tasks) clusters.push_back(values);
  return clusters;
}

std::vector<double> means(const std::vector<std::vector<double>>& clusters) {
  std::vector<double> result;
  for (const auto& cluster : clusters) result.push_back(clustered_mean({cluster}).mean);
  return result;
}

TEST_F(Imported, TerminalBenchTotalsAreReproduced) {
  const std::string file = "routing/terminal_bench_trials.csv";
  if (!here(file)) GTEST_SKIP() << "no shared data";
  const weir::Run run = import(file);
  const Reader reader(db_);
  const json expected = json::parse(
      read_file(std::string(WEIR_SHARED_DATA) + "/routing/terminal_bench_expected.json"));
  std::map<std::string, Arm> arms;
  for (auto& arm : reader.arms(run)) arms[arm.label] = std::move(arm);
  const Comparison comparison = reader.compare(run.id);
  for (const auto& [name, want] : expected.at("submissions").items()) {
    const auto clusters = all_outcomes(arms.at(name));
    const auto mean = clustered_mean(clusters);
    const auto icc = icc_anova(clusters);
    EXPECT_EQ(arms.at(name).trials.size(), want.at("trials").get<std::size_t>());
    EXPECT_NEAR(mean.mean, want.at("mean_trial").get<double>(), 1e-12) << name;
    EXPECT_NEAR(mean.se_iid, want.at("se_iid").get<double>(), 1e-12);
    EXPECT_NEAR(mean.se_cr0, want.at("se_cr0").get<double>(), 1e-12);
    EXPECT_NEAR(mean.se_cr1, want.at("se_cr1").get<double>(), 1e-12);
    if (want.contains("icc")) {
      EXPECT_NEAR(icc.icc, want.at("icc").get<double>(), 1e-9);
      EXPECT_NEAR(icc.deff, want.at("deff").get<double>(), 1e-9);
    }
    const json at_k = want.value("pass_at_k", json::object());
    for (const auto& [k, value] : at_k.items()) {
      double at = 0;
      double hat = 0;
      int tasks = 0;
      for (const auto& cluster : clusters) {
        const int n = static_cast<int>(cluster.size());
        if (n < std::stoi(k)) continue;
        const int c = static_cast<int>(std::count(cluster.begin(), cluster.end(), 1.0));
        at += pass_at_k(n, c, std::stoi(k));
        hat += pass_hat_k(n, c, std::stoi(k));
        ++tasks;
      }
      EXPECT_NEAR(at / tasks, value.get<double>(), 1e-9) << name << " k " << k;
      EXPECT_NEAR(hat / tasks, want.at("pass_hat_k").at(k).get<double>(), 1e-9)
          << name << " k " << k;
    }
    const auto row = std::find_if(comparison.configs.begin(), comparison.configs.end(),
                                  [&](const auto& each) { return each.config == name; });
    ASSERT_NE(row, comparison.configs.end());
    EXPECT_NEAR(row->all.rate, want.at("mean_trial").get<double>(),
                1e-12);  // the table's own column
  }
  for (const auto& want : expected.at("pairs")) {
    const auto pair = paired_difference(means(all_outcomes(arms.at(want.at("a")))),
                                        means(all_outcomes(arms.at(want.at("b")))));
    EXPECT_NEAR(pair.diff, want.at("diff").get<double>(), 1e-12);
    EXPECT_NEAR(pair.se, want.at("se_paired_by_task").get<double>(), 1e-9);
    EXPECT_NEAR(pair.corr, want.at("corr").get<double>(), 1e-9);
  }
}

/// Sums over the raw lines, by a simpler way than the importer's.
struct RawTotals {
  int trials = 0, resolved = 0;
  long double usd = 0;
};

TEST_F(Imported, TheTableOf25ModelsHasTheFilesTotals) {
  const std::string file = "swebench/results/verified_bash_only_per_instance.csv";
  if (!here(file)) GTEST_SKIP() << "no shared data";
  std::map<std::string, RawTotals> totals;
  const std::string text = read_file(std::string(WEIR_SHARED_DATA) + "/" + file);
  const auto lines = split_lines(text);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::string line(lines[i]);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> parts;
    std::size_t end = line.size();
    for (int field = 0; field < 4; ++field) {  // from the right: model names may hold commas
      const std::size_t comma = line.rfind(',', end - 1);
      parts.push_back(line.substr(comma + 1, end - comma - 1));
      end = comma;
    }
    std::string model = line.substr(0, end);
    if (model.front() == '"') model = model.substr(1, model.size() - 2);
    RawTotals& total = totals[model];
    ++total.trials;
    total.resolved += parts[2] == "1" ? 1 : 0;
    total.usd += std::stold(parts[1]);
  }
  const weir::Run run = import(file);
  const Comparison comparison = Reader(db_).compare(run.id);
  ASSERT_EQ(comparison.configs.size(), 25U);
  ASSERT_EQ(totals.size(), 25U);
  for (const auto& row : comparison.configs) {
    const RawTotals& total = totals.at(row.config);
    EXPECT_EQ(row.all.trials, total.trials);
    EXPECT_EQ(row.resolved, total.resolved) << row.config;
    ASSERT_TRUE(row.cost_pusd);
    EXPECT_NEAR(static_cast<double>(*row.cost_pusd) / 1e12, static_cast<double>(total.usd), 1e-7);
  }
}

TEST_F(Imported, BlanksAreNotRunInTheProTable) {
  const std::string file = "swebench/results/swebench_pro_per_instance.csv";
  if (!here(file)) GTEST_SKIP() << "no shared data";
  const weir::Run run = import(file);
  const Comparison comparison = Reader(db_).compare(run.id);
  int missing = 0;
  int resolved = 0;
  int trials = 0;
  for (const auto& row : comparison.configs) {
    missing += row.missing;
    resolved += row.resolved;
    trials += row.all.trials;
    EXPECT_FALSE(row.cost_pusd);  // the file states none
  }
  EXPECT_EQ(trials, 5724);
  EXPECT_EQ(missing, 1398);
  EXPECT_EQ(resolved, 1121);
}

}  // namespace
}  // namespace weir
