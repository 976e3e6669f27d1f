#include "results/quarantine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/report/report.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Quarantine sample() {
  return {3, 10, {{"a", "11", "flaky", "oracle differs"}, {"b", "22", "broken", "\"quoted\"\n"}}};
}

std::string refusal(const std::string& text) {
  try {
    (void)parse_quarantine(text, "list.json");
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(QuarantineList, SurvivesBeingWritten) {
  const Quarantine read = parse_quarantine(quarantine_json(sample()).dump(), "list.json");
  EXPECT_EQ(read.attempts, 3);
  EXPECT_EQ(read.tasks_seen, 10);
  ASSERT_EQ(read.tasks.size(), 2U);
  EXPECT_EQ(read.tasks[1].reason, "\"quoted\"\n");
  EXPECT_EQ(quarantine_json(read), quarantine_json(sample()));
}

TEST(QuarantineList, BadFilesAreNamedWithTheirKey) {
  EXPECT_THAT(refusal("[]"), HasSubstr("list.json: is no list of quarantined tasks"));
  EXPECT_THAT(refusal("{\"weir_quarantine\": 2}"), HasSubstr("weir_quarantine is 2"));
  EXPECT_THAT(refusal(R"({"weir_quarantine": 1, "attempts": -1, "tasks_seen": 1, "tasks": []})"),
              HasSubstr("attempts is missing or no count"));
  EXPECT_THAT(refusal(R"({"weir_quarantine": 1, "attempts": 1, "tasks_seen": 1, "tasks": {}})"),
              HasSubstr("tasks is missing or no list"));
  auto object = quarantine_json(sample());
  object["tasks"][1]["kind"] = "odd";
  EXPECT_THAT(refusal(object.dump()), HasSubstr("tasks[1].kind is \"odd\""));
  object["tasks"][1].erase("task_sha256");
  EXPECT_THAT(refusal(object.dump()), HasSubstr("tasks[1].task_sha256 is missing"));
}

TEST(QuarantineList, KnowsOnlyTheContentItSaw) {
  Arm arm;
  arm.tasks = {{"a", "11"}, {"b", "other"}, {"c", "33"}};
  EXPECT_THAT(sample().of(arm), ElementsAre("a"));
  EXPECT_THAT(sample().changed(arm), ElementsAre("b"));
}

TrialSummary trial(const std::string& task, Outcome outcome) {
  TrialSummary summary;
  summary.task = task;
  summary.outcome = outcome;
  return summary;
}

TEST(QuarantineSection, ShowsBothDenominators) {
  RunReport report;
  Arm arm;
  arm.label = "flash";
  arm.trials = {trial("a", Outcome::unresolved), trial("b", Outcome::resolved),
                trial("c", Outcome::infra_error), trial("d", Outcome::resolved)};
  report.arms.push_back(arm);
  report.quarantined = {"a"};
  Document document;
  add_quarantine(document, report);
  ASSERT_EQ(document.sections.size(), 1U);
  const auto row = json_of(document).at("sections").at("quarantine").at("tables").at(0).at(0);
  EXPECT_EQ(row.at("tasks"), 3);
  EXPECT_EQ(row.at("tasks_without"), 2);
  EXPECT_NEAR(row.at("resolved").at("value").get<double>(), 2.0 / 3, 1e-9);
  EXPECT_NEAR(row.at("resolved_missing_counted").at("value").get<double>(), 0.5, 1e-9);
  EXPECT_NEAR(row.at("resolved_without").at("value").get<double>(), 1, 1e-9);
  EXPECT_NEAR(row.at("resolved_without_missing_counted").at("value").get<double>(), 2.0 / 3, 1e-9);
}

}  // namespace
}  // namespace weir
