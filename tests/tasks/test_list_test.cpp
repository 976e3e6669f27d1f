#include "tasks/test_list.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;
using Ids = std::vector<std::string>;

TEST(TestList, AcceptsEveryTyping) {
  EXPECT_EQ(parse_test_list(json::parse(R"(["a", "b"])")), (Ids{"a", "b"}));
  EXPECT_EQ(parse_test_list(json(R"(["a", "b"])")), (Ids{"a", "b"}));
  EXPECT_EQ(parse_test_list(json("['a', \"b\"]")), (Ids{"a", "b"}));
  EXPECT_EQ(parse_test_list(json(nullptr)), Ids{});
  EXPECT_EQ(parse_test_list(json("")), Ids{});
  EXPECT_EQ(parse_test_list(json("[]")), Ids{});
}

TEST(TestList, KeepsOpaqueIds) {
  EXPECT_EQ(parse_python_list(R"(['it\'s', "x[1, 2", 'tab\there', '\u00e9', 'C:\\dir', 'odd\q'])"),
            (Ids{"it's", "x[1, 2", "tab\there", "\xC3\xA9", "C:\\dir", "odd\\q"}));
  EXPECT_EQ(parse_python_list("['a',]"), Ids{"a"});
}

TEST(TestList, IsSpelledAsItCame) {
  const Ids ids = {"it's", "a\"b", "'\"", "c\\d\t\n\x01", "\xC3\xA9", "x[1, 2"};
  for (const auto typing : {ListTyping::array, ListTyping::json_text, ListTyping::python_text}) {
    const json spelled = spell_test_list(ids, typing);
    EXPECT_EQ(typing_of(spelled), typing);
    EXPECT_EQ(parse_test_list(spelled), ids);
  }
  EXPECT_EQ(spell_test_list({"a", "\xC3\xA9"}, ListTyping::json_text), R"(["a", "\u00e9"])");
  EXPECT_EQ(spell_test_list({"a", "it's"}, ListTyping::python_text), R"(['a', "it's"])");
  EXPECT_TRUE(spell_test_list({}, ListTyping::missing).is_null());
  EXPECT_EQ(parse_python_list(R"(['\U0001F600\v'])"), Ids{"\xF0\x9F\x98\x80\v"});
}

TEST(TestList, RefusesOtherThings) {
  for (const char* bad : {"['\\ud83d']", "['\\U00110000']", "['a'", "'a'", "[a]", "['a' 'b']", "['a'] x", "['\\x']", "[", "{}"}) {
    EXPECT_THROW((void)parse_test_list(json(bad)), UserError) << bad;
  }
  EXPECT_THROW((void)parse_test_list(json(7)), UserError);
  EXPECT_THROW((void)parse_test_list(json::parse("[1]")), UserError);
}

}  // namespace
}  // namespace weir
