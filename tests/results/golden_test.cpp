// Every report format, byte for byte. WEIR_GOLDEN=write makes the files anew: read the
// difference before it is committed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "results/exchange/csv.hpp"
#include "results/report/report.hpp"
#include "runners/process.hpp"
#include "tasks/files.hpp"
#include "tests/results/arms.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// Names that end cells, lines, tags and comments where a format lets them.
const std::string kNasty = "p|r\\o_<b>&\"50%\n{x}\x01";

RunReport sample_report() {
  RunReport report;
  std::vector<SampleTask> base;
  std::vector<SampleTask> fresh;
  for (int i = 0; i < 24; ++i) {
    const std::string task = i == 0 ? "a,\"b\"|c\n=d" : "task-" + std::to_string(i);
    base.push_back({task, i % 2, 2, 1'000'000'000 + 10'000'000 * i});
    const std::optional<Picodollars> cost =
        i == 5 ? std::nullopt : std::optional<Picodollars>(3'000'000'000 + 40'000'000 * i);
    fresh.push_back({task, i % 3 == 0 ? 1 : 2, 2, cost, i == 7 ? 1 : 0});
  }
  report.arms = {sample_arm("flash", base), sample_arm(kNasty, fresh)};
  for (auto& arm : report.arms) arm.run.id = std::string(32, 'a');
  Comparison& c = report.comparison;
  c.run.id = std::string(32, 'a');
  c.run.name = "golden\n\\input{x}";
  c.run.simulated = true;
  c.run.seed = 7;
  c.run.weir_version = "0";
  c.run.started_at = *parse_time("2026-11-22T00:00:00Z");
  c.run.facts = R"({"jobs": 2, "cores": 2})";
  c.tasks = 24;
  c.attempts = 2;
  c.expected = c.begun = 97;
  for (const auto& arm : report.arms) {
    c.configs.push_back(summarize(arm.label, arm.trials));
    c.models[arm.label] = "model of " + arm.label;
  }
  PairingOptions options;
  options.resamples = 500;
  report.pairs = {compare_arms(report.arms[0], report.arms[1], options)};
  report.gates = {gate(report.pairs[0], {})};
  report.gaps = {{"m", "flash", kNasty, 2.5, kNasty, 40, 0.25, 0.9}};
  report.quarantined = {"task-9"};
  report.seed = 7;
  return report;
}

void expect_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::string(WEIR_SOURCE_DIR "/tests/fixtures/report/") + name;
  const char* mode = std::getenv("WEIR_GOLDEN");
  if (mode != nullptr && std::string(mode) == "write") replace_file(file, text);
  EXPECT_EQ(text, read_file(file)) << name;
}

TEST(Golden, Markdown) {
  expect_golden("report.md", to_markdown(full_document(sample_report())));
}

TEST(Golden, Latex) {
  expect_golden("report.tex", to_latex(full_document(sample_report())));
}

TEST(Golden, Html) {
  expect_golden("report.html", to_html(full_document(sample_report())));
}

TEST(Golden, Json) {
  const std::string text = json_of(full_document(sample_report())).dump(1);
  expect_golden("report.json", text);
  EXPECT_TRUE(json::parse(text).at("simulated").get<bool>());
}

TEST(Golden, Csv) {
  for (const auto& section : full_document(sample_report()).sections) {
    if (section.tables.empty()) continue;
    const std::string text = to_csv(section, true);
    expect_golden(section.name + ".csv", text);
    const Csv read = parse_csv(text, section.name);  // by our own reader, whole
    EXPECT_EQ(read.rows.size(), section.tables[0].rows.size()) << section.name;
  }
}

TEST(Golden, JUnit) {
  const std::string text = to_junit(sample_report());
  expect_golden("junit.xml", text);
  const TemporaryFolder folder;
  write_file(folder / "junit.xml", text);
  const std::string script = "import sys,xml.dom.minidom as m;m.parse(sys.argv[1])";
  EXPECT_TRUE(
      run_process({.argv = {"python3", "-c", script, (folder / "junit.xml").string()}}).ok());
}

TEST(Golden, SimulatedStandsInEveryFormat) {
  const RunReport report = sample_report();
  for (const std::string& text :
       {to_markdown(full_document(report)), to_latex(full_document(report)),
        to_html(full_document(report)), json_of(full_document(report)).dump(), to_junit(report)}) {
    EXPECT_THAT(text, testing::HasSubstr("simulated"));
  }
}

}  // namespace
}  // namespace weir
