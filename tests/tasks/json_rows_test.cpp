#include "tasks/json_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tests/error_of.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Shape = JsonRows::Shape;

TEST(JsonRows, CutsLinesArraysAndObjects) {
  const JsonRows lines = cut_json_rows("\xEF\xBB\xBF{\"a\": 1}\r\n\n{\"b\": [\"}\\\"\"]}");
  EXPECT_EQ(lines.shape, Shape::lines);
  ASSERT_EQ(lines.slices.size(), 2U);
  EXPECT_EQ(lines.slices[1].line, 3);
  EXPECT_EQ(parse_row(lines.slices[1].text)["b"][0], "}\"");

  const JsonRows array = cut_json_rows("[\n {\"a\": [1, 2]},\n\n \"x,]\" ]\n");
  EXPECT_EQ(array.shape, Shape::array);
  EXPECT_EQ(array.defect, "");
  ASSERT_EQ(array.slices.size(), 2U);
  EXPECT_EQ(array.slices[0].text, "{\"a\": [1, 2]}");
  EXPECT_EQ(array.slices[1].line, 4);

  const JsonRows object = cut_json_rows("{\"a\":\n 1, \"b,\": {\"c\": 2}\n}");
  EXPECT_EQ(object.shape, Shape::object);
  ASSERT_EQ(object.slices.size(), 2U);
  EXPECT_EQ(object.slices[1].key, "\"b,\"");
  EXPECT_EQ(object.slices[1].line, 2);
  EXPECT_EQ(parse_row(object.whole.text)["a"], 1);
}

TEST(JsonRows, EmptyOnesAreEmpty) {
  EXPECT_TRUE(cut_json_rows("").slices.empty());
  EXPECT_TRUE(cut_json_rows(" [ ] ").slices.empty());
  EXPECT_TRUE(cut_json_rows("{}").slices.empty());
}

TEST(JsonRows, WhatIsMalformedIsTold) {
  EXPECT_EQ(cut_json_rows("[1,\n2").defect, "2: the array does not end");
  EXPECT_EQ(cut_json_rows("[1]\n[2]").defect, "2: text after the end of the array");
  EXPECT_EQ(cut_json_rows("{\"a\": 1}\n{\"a\"").shape, Shape::lines);
  EXPECT_THAT(error_of([] { (void)parse_row("{\"a\" 1}"); }), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of([] { (void)parse_row(""); }), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of([] { (void)parse_row(std::string_view("{}\0{}", 5)); }), HasSubstr("NUL"));
  EXPECT_EQ(error_of([] { (void)parse_row(std::string(100'000, '[')); }), "nested too deeply");
}

}  // namespace
}  // namespace weir
