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

TEST(TestList, RefusesOtherThings) {
  for (const char* bad : {"['a'", "'a'", "[a]", "['a' 'b']", "['a'] x", "['\\x']", "[", "{}"}) {
    EXPECT_THROW((void)parse_test_list(json(bad)), UserError) << bad;
  }
  EXPECT_THROW((void)parse_test_list(json(7)), UserError);
  EXPECT_THROW((void)parse_test_list(json::parse("[1]")), UserError);
}

}  // namespace
}  // namespace weir
