// weir tasks: look at suites of every dialect, and get one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/digest.hpp"
#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"
#include "tests/loopback/server.hpp"
#include "tests/tasks/swebench_rows.hpp"

namespace weir {
namespace {

using loopback::Exchange;
using loopback::Server;
using nlohmann::json;
using testing::HasSubstr;

TEST(TasksList, ShowsDialectAndState) {
  const TemporaryFolder folder;
  write_file(folder / "rows.jsonl", pro_row().dump() + "\n" + multilingual_row().dump() + "\n" +
                                        multilingual_row().dump() + "\n");
  const Ran ran = run_weir({"tasks", "list", (folder / "rows.jsonl").string(), "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json tasks = json::parse(ran.out).at("tasks");
  EXPECT_EQ(tasks.at(0).at("dialect"), "swe-bench-pro");
  EXPECT_EQ(tasks.at(0).at("state"), "unsupported");
  EXPECT_EQ(tasks.at(1).at("dialect"), "swe-bench-multilingual");
  EXPECT_EQ(tasks.at(1).at("environment"), "swebench/sweb.eval.x86_64.own_1776_r-1:latest");
  EXPECT_EQ(tasks.at(2).at("state"), "defect");
  const Ran table = run_weir({"tasks", "list", (folder / "rows.jsonl").string()});
  EXPECT_THAT(table.out, HasSubstr("DIALECT"));
  EXPECT_THAT(table.out, HasSubstr("unsupported: SWE-bench Pro's verdict"));
  EXPECT_THAT(table.out, HasSubstr("rows.jsonl:3: instance_id"));
}

/// Two rows in one page, or what is no page.
void answer(Exchange& exchange) {
  if (exchange.path.find("/splits") == 0) {
    exchange.reply(200, R"({"splits":[{"dataset":"o/d","config":"c","split":"test"},)"
                        R"({"dataset":"o/d","config":"c","split":"broken"}]})");
    return;
  }
  if (exchange.path.find("split=broken") != std::string::npos) {
    exchange.reply(200, "<html>");
    return;
  }
  json rows = json::array();
  for (const auto& row : {swebench_row(), pro_row()}) {
    rows.push_back({{"row_idx", rows.size()}, {"row", row}, {"truncated_cells", json::array()}});
  }
  exchange.reply(200, json({{"rows", rows}, {"num_rows_total", 2}, {"partial", false}}).dump());
}

TEST(TasksFetch, GetsASuite) {
  const TemporaryFolder folder;
  const Server server(answer);
  const std::string file = (folder / "d.jsonl").string();
  const Ran ran =
      run_weir({"tasks", "fetch", "o/d", "--endpoint", server.url() + "/", "-o", file, "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json said = json::parse(ran.out);
  EXPECT_EQ(said.at("rows"), 2);
  EXPECT_EQ(said.at("config"), "c");
  EXPECT_EQ(said.at("sha256"), sha256(read_file(file)));
  EXPECT_THAT(ran.err, HasSubstr("o/d: 2 of 2 rows"));
  const Ran listed = run_weir({"tasks", "list", file});
  EXPECT_THAT(listed.out, HasSubstr("swe-bench-pro"));
  const Ran again = run_weir({"tasks", "fetch", "o/d", "--endpoint", server.url(), "-o", file});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("is there already"));
}

TEST(TasksFetch, FailuresHaveTheirExitCodes) {
  const TemporaryFolder folder;
  const Server server(answer);
  const std::string file = (folder / "d.jsonl").string();
  const Ran broken = run_weir(
      {"tasks", "fetch", "o/d", "--split", "broken", "--endpoint", server.url(), "-o", file});
  EXPECT_EQ(broken.exit_code, 3) << broken.err;
  const Ran unknown = run_weir({"tasks", "fetch", "verifeid"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"verified\"?"));
  EXPECT_EQ(run_weir({"tasks", "fetch", "lite", "--sha256", "xyz"}).exit_code, 2);
}

}  // namespace
}  // namespace weir
