#include "tasks/predictions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tasks/files.hpp"
#include "tests/error_of.hpp"
#include "tests/tasks/swebench_rows.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = PredictionFinding::Kind;

std::vector<std::string> messages(const Predictions& predictions) {
  std::vector<std::string> out;
  for (const auto& finding : predictions.findings) out.push_back(finding.message);
  return out;
}

std::string error_in(const std::string& text) {
  return error_of([&] { (void)parse_predictions("p", text); });
}

TEST(Predictions, EveryShapeSaysTheSame) {
  const json row = {{"instance_id", "a"}, {"model_patch", "d\r\n"}, {"model_name_or_path", "m"}};
  json other = row;
  other["instance_id"] = "b";
  const json live = {{"a", {{"model_patch", "d\r\n"}, {"model_name_or_path", "m"}}},
                     {"b", {{"model_patch", "d\r\n"}, {"model_name_or_path", "m"}}}};
  json pro = json::array();
  for (const char* id : {"a", "b"}) {
    pro.push_back({{"instance_id", id}, {"patch", "d\r\n"}, {"prefix", "m"}});
  }
  for (const auto& text : {row.dump() + "\n\n" + other.dump(), json::array({row, other}).dump(2),
                           live.dump(1), json({{"a", row}, {"b", other}}).dump(), pro.dump()}) {
    const Predictions read = parse_predictions("p", text);
    ASSERT_EQ(read.rows.size(), 2U) << text;
    EXPECT_EQ(read.rows[1].instance_id, "b");
    EXPECT_EQ(read.rows[1].patch, "d\r\n");
    EXPECT_EQ(read.rows[1].model, "m");
    EXPECT_THAT(read.findings, IsEmpty());
    const Predictions again = parse_predictions("p", render_predictions(read.rows));
    EXPECT_EQ(render_predictions(again.rows), render_predictions(read.rows));
  }
  EXPECT_EQ(parse_predictions("p", row.dump()).rows.at(0).instance_id, "a");
}

TEST(Predictions, MultiSweBenchNamesPullRequests) {
  const Predictions read =
      parse_predictions("p", R"({"org":"o","repo":"r","number":7,"fix_patch":"d"})");
  ASSERT_EQ(read.rows.size(), 1U);
  EXPECT_EQ(read.rows[0].instance_id, "o__r-7");
  EXPECT_EQ(read.rows[0].patch, "d");
}

TEST(Predictions, OfDuplicatesTheLastCounts) {
  const Predictions read = parse_predictions(
      "p",
      "{\"instance_id\":\"a\",\"model_patch\":\"1\",\"model_name_or_path\":\"m\"}\n"
      "{\"instance_id\":\"b\",\"model_patch\":\"2\",\"model_name_or_path\":\"m\"}\n"
      "{\"instance_id\":\"a\",\"model_patch\":\"3\",\"model_name_or_path\":\"m\"}\n");
  ASSERT_EQ(read.rows.size(), 3U);
  EXPECT_FALSE(read.rows[0].counts);
  EXPECT_TRUE(read.rows[1].counts);
  EXPECT_TRUE(read.rows[2].counts);
  ASSERT_EQ(read.findings.size(), 1U);
  EXPECT_EQ(read.findings[0].kind, Kind::duplicate);
  EXPECT_THAT(read.findings[0].lines, ElementsAre(1, 3));
  EXPECT_EQ(read.findings[0].message, "p:3: a: predicted on lines 1, 3; the last counts");
}

TEST(Predictions, KeysOfAnObjectMayRepeatAndDiffer) {
  const Predictions read =
      parse_predictions("p", R"({"a": {"model_patch": "1", "model_name_or_path": "m"},
               "a": {"model_patch": "2", "model_name_or_path": "m"},
               "b": {"instance_id": "c", "model_patch": "3", "model_name_or_path": "m"}})");
  ASSERT_EQ(read.rows.size(), 3U);
  EXPECT_THAT(messages(read), ElementsAre("p:2: a: predicted on lines 1, 2; the last counts",
                                          "p:3: c: stands under the key \"b\""));
}

TEST(Predictions, WhatIsEmptyOrUnsignedIsTold) {
  const Predictions read = parse_predictions(
      "p",
      "{\"instance_id\":\"a\",\"model_patch\":null,\"model_name_or_path\":\"m\"}\n"
      "{\"instance_id\":\"b\",\"model_patch\":\"\",\"model_name_or_path\":\"n\"}\n"
      "{\"instance_id\":\"c\"}\n");
  EXPECT_THAT(messages(read), ElementsAre("p:1: a: model_patch is null: it is not run",
                                          "p:2: b: model_patch is empty: it is not run",
                                          "p:3: c: model_patch is missing: it is not run",
                                          "p:3: c: has no model_name_or_path",
                                          "p:2: the file names 2 models: m, n"));
}

TEST(Predictions, UnknownIdsAreToldWithWhatWasMeant) {
  Predictions read = parse_predictions(
      "p", R"([{"instance_id": "own__r-11", "model_patch": "1", "model_name_or_path": "m"}])");
  find_unknown_ids(read, {"own__r-1", "other"});
  EXPECT_THAT(messages(read),
              ElementsAre("p:1: own__r-11 is not in the suite; did you mean \"own__r-1\"?"));
  EXPECT_EQ(read.findings[0].kind, Kind::unknown_id);
}

TEST(Predictions, MalformedRowsNameFileAndLine) {
  EXPECT_THAT(error_in("{\"instance_id\":\"a\"}\n{\"model_patch\":\"d\"}"),
              HasSubstr("p:2: key \"instance_id\" is missing"));
  EXPECT_THAT(error_in("[{\"instance\":\"a\"}]"), HasSubstr("p:1: key \"instance_id\" is missing"));
  EXPECT_THAT(error_in("[{\"instance_id\":\"\"}]"), HasSubstr("p:1: key \"instance_id\" is empty"));
  EXPECT_THAT(error_in("[{\"instance_id\":7}]"), HasSubstr("p:1: key \"instance_id\" must be"));
  EXPECT_THAT(error_in("[\n{\"instance_id\":\"a\",\"model_patch\":[]}]"),
              HasSubstr("p:2: key \"model_patch\" must be a string, not array"));
  EXPECT_THAT(error_in("[1]"), HasSubstr("p:1: a prediction must be a JSON object"));
  EXPECT_THAT(error_in("[{\"instance_id\":\"a\"}"), HasSubstr("p:1: the array does not end"));
  EXPECT_THAT(error_in("diff --git"), HasSubstr("p:1: not valid JSON"));
}

TEST(Predictions, ADataSetIsNone) {
  EXPECT_THAT(error_in(swebench_row().dump()), HasSubstr("p:1: an instance, not a prediction"));
  EXPECT_THAT(error_in(multi_row().dump()), HasSubstr("p:1: an instance, not a prediction"));
}

TEST(Predictions, RealFilesAreReadWhole) {
  const fs::path data = WEIR_SHARED_DATA "/swebench/predictions";
  if (!fs::exists(data)) GTEST_SKIP() << "shared data is not here";
  for (const char* name : {"preds.json", "preds_list_sample.json", "gold_check_harness.jsonl"}) {
    const std::string text = read_file(data / name);
    std::size_t count = 0;
    if (fs::path(name).extension() == ".json") {
      count = json::parse(text).size();
    } else {
      count = split_lines(text).size();
    }
    const Predictions read = read_predictions(data / name);
    EXPECT_EQ(read.rows.size(), count) << name;
    for (const auto& finding : read.findings) {
      EXPECT_EQ(finding.kind, Kind::empty_patch) << finding.message;
    }
    const auto again = parse_predictions(name, render_predictions(read.rows)).rows;
    ASSERT_EQ(again.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(again[i].instance_id, read.rows[i].instance_id);
      EXPECT_EQ(again[i].patch, read.rows[i].patch);
      EXPECT_EQ(again[i].model, read.rows[i].model);
    }
  }
}

}  // namespace
}  // namespace weir
