// Comparing, gating, planning and nights, as a user or a CI job runs them.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class Compared : public testing::Test {
 protected:
  /// Imports a synthetic suite of `n` tasks under one arm; of the first `lost` the arm
  /// fails those that others resolve.
  void import(const std::string& run, int n, int lost) {
    std::string csv = "task,resolved,cost_usd\n";
    for (int i = 0; i < n; ++i) {
      csv += "t" + std::to_string(i) + "," + (i % 2 == 1 && i >= 2 * lost ? "1" : "0") + ",0.25\n";
    }
    fs::create_directories(folder_ / run);
    write_file(folder_ / run / "arm.csv", csv);
    const Ran ran =
        run_weir({"import", (folder_ / run / "arm.csv").string(), "--name", run, "--db", db()});
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }

  std::string db() const { return (folder_ / "w.db").string(); }
  TemporaryFolder folder_;
};

TEST_F(Compared, TheGatesExitCodesAreTheVerdicts) {
  import("base", 1500, 0);
  import("same", 1500, 3);
  import("worse", 1500, 90);
  import("small", 100, 2);
  const auto gate = [&](const std::string& run) {
    return run_weir({"compare", "base", run, "--gate", "--margin", "0.03", "--json", "--db", db()});
  };
  const Ran passed = gate("same");
  EXPECT_EQ(passed.exit_code, 0) << passed.err;
  EXPECT_EQ(json::parse(passed.out).at("verdict"), "passed");
  const Ran red = gate("worse");
  EXPECT_EQ(red.exit_code, 1);
  EXPECT_EQ(json::parse(red.out).at("gates").at(0).at("verdict"), "regression");
  const Ran open = gate("small");
  EXPECT_EQ(open.exit_code, 6);
  EXPECT_GT(json::parse(open.out).at("gates").at(0).at("tasks_needed").get<int>(), 100);
  EXPECT_THAT(run_weir({"compare", "base", "worse", "--gate", "--db", db()}).out,
              HasSubstr("| regression |"));
}

TEST_F(Compared, WhatCannotBeComparedIsSaidAndExitsTwo) {
  import("base", 20, 0);
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--db", db()});
    const Ran ran = run_weir(arguments);
    EXPECT_EQ(ran.exit_code, 2) << ran.out;
    return ran.err;
  };
  EXPECT_THAT(error({"compare", "nosuch"}), HasSubstr("weir runs"));
  EXPECT_THAT(error({"compare", "base", "base"}), HasSubstr("compared with itself"));
  EXPECT_THAT(error({"compare", "base", "--gate"}), HasSubstr("needs two arms"));
  EXPECT_THAT(error({"compare", "--baseline", "@nosuch"}), HasSubstr("weir baseline pin"));
  EXPECT_THAT(error({"report", "--section", "headlines"}), HasSubstr("did you mean"));
  EXPECT_THAT(error({"report", "--format", "csv"}), HasSubstr("--section"));
  EXPECT_THAT(error({"baseline", "pin", "base", "--name", "a/b"}), HasSubstr("letters"));
  EXPECT_THAT(error({"compare", "--bridge", "base"}), HasSubstr("--explain"));
}

TEST_F(Compared, WhatIsNoNumberIsNoMargin) {
  import("base", 100, 0);
  import("worse", 100, 40);
  for (const char* number : {"nan", "inf", "-1", "x"}) {
    EXPECT_EQ(run_weir({"compare", "base", "worse", "--gate", "--margin", number, "--db", db()})
                  .exit_code,
              2)
        << number;
  }
}

TEST_F(Compared, ABaselineHasOneSetOfArmsAndOneSetOfRules) {
  import("one", 40, 0);
  write_file(folder_ / "two.csv",
             "task,model,resolved\nt1,arm,1\nt1,other,1\nt2,arm,0\nt2,other,1\n");
  ASSERT_EQ(run_weir({"import", (folder_ / "two.csv").string(), "--db", db()}).exit_code, 0);
  const Ran mixed = run_weir({"baseline", "pin", "one", "two", "--db", db()});
  EXPECT_EQ(mixed.exit_code, 2);
  EXPECT_THAT(mixed.err, HasSubstr("other configs"));
  ASSERT_EQ(run_weir({"baseline", "pin", "one", "--db", db()}).exit_code, 0);
  import("next", 40, 0);
  const Ran other = run_weir(
      {"compare", "next", "--baseline", "@main", "--gate", "--margin", "0.2", "--db", db()});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("rules do not change"));
}

TEST_F(Compared, AReportIsReplacedWholeOrNotAtAll) {
  import("base", 20, 0);
  const fs::path small = folder_ / "small";
  fs::create_directory(small);
  if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=4k") != 0) {
    GTEST_SKIP() << "no mount here: no full disk";
  }
  write_file(small / "r.md", "the old report");
  const Ran full = run_weir({"report", "-o", (small / "r.md").string(), "--db", db()});
  const std::string kept = read_file(small / "r.md");
  ::umount(small.c_str());
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_THAT(full.err, HasSubstr("untouched"));
  EXPECT_EQ(kept, "the old report");
}

TEST_F(Compared, ReportsInAFolderAndNowhereElse) {
  import("../x", 20, 0);
  const fs::path out = folder_ / "out";
  for (const char* format : {"markdown", "csv", "json", "latex", "html", "junit"}) {
    fs::create_directories(out);
    const Ran ran = run_weir({"report", "--format", format, "-o", out.string(), "--db", db()});
    EXPECT_EQ(ran.exit_code, 0) << format << ran.err;
    EXPECT_EQ(ran.out, "");
  }
  for (const char* end : {".md", ".json", ".tex", ".html", ".xml", "-headline.csv"}) {
    bool found = false;
    for (const auto& entry : fs::directory_iterator(out)) {
      found = found || entry.path().string().ends_with(end);
    }
    EXPECT_TRUE(found) << end;
  }
}

class Night : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  }
  Ran night(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"nightly",   kExperiment, "--config",   "flash",
                                          "--task",    "fix-*",     "--attempts", "1",
                                          "--reports", reports(),   "--db",       db()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_weir(arguments);
  }
  std::string db() const { return (folder_ / "w.db").string(); }
  std::string reports() const { return (folder_ / "nights").string(); }
  TemporaryFolder folder_;
};

TEST_F(Night, TheFirstPinsTheSecondIsJudged) {
  EXPECT_EQ(night({}).exit_code, 6);  // nothing to be judged by is no pass
  const Ran first = night({"--baseline", "mine", "--pin-first"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  const Ran second = night({"--baseline", "mine", "--json"});
  EXPECT_EQ(second.exit_code, 6) << second.err;  // a handful of tasks shows nothing
  const json end = json::parse(second.out);
  EXPECT_EQ(end.at("gates").at(0).at("nights"), 1);
  const fs::path latest = fs::path(reports()) / "latest";
  for (const char* file : {"summary.md", "report.md", "report.html", "report.json", "junit.xml"}) {
    EXPECT_TRUE(fs::exists(latest / file)) << file;
  }
  EXPECT_THAT(read_file(latest / "summary.md"), HasSubstr("simulated"));
  EXPECT_THAT(read_file(latest / "junit.xml"), HasSubstr("name=\"gate\""));
}

TEST_F(Night, TheWeeksMoneyEnds) {
  ASSERT_EQ(night({"--pin-first"}).exit_code, 0);
  const Ran broke = night({"--weekly-usd", "0.000001"});
  EXPECT_EQ(broke.exit_code, 4);
  EXPECT_THAT(broke.err, HasSubstr("week's budget"));
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_run"), "1");
}

TEST_F(Night, WhatMakesItWorthlessIsFoundBeforeItIsPaidFor) {
  write_file(folder_ / "file", "");
  std::vector<std::string> arguments = {
      "nightly", kExperiment, "--reports", (folder_ / "file").string(), "--db", db()};
  EXPECT_EQ(run_weir(arguments).exit_code, 2);
  EXPECT_FALSE(fs::exists(db()));
}

TEST_F(Night, OneThatEndedWithoutReportsIsNotPaidForAgain) {
  ASSERT_EQ(night({"--pin-first"}).exit_code, 0);
  fs::remove_all(reports());
  const Ran again = night({"--json"});
  EXPECT_TRUE(json::parse(again.out).at("resumed").get<bool>()) << again.err;
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_run"), "1");
  EXPECT_TRUE(fs::exists(fs::path(reports()) / "latest" / "summary.md"));
}

TEST_F(Night, OneThatCannotBeJudgedIsReportedAllTheSame) {
  ASSERT_EQ(night({"--pin-first"}).exit_code, 0);
  const Ran other = run_weir({"nightly", kExperiment, "--config", "pro", "--task", "fix-*",
                              "--attempts", "1", "--reports", reports(), "--db", db(), "--json"});
  EXPECT_EQ(other.exit_code, 6) << other.err;
  const json end = json::parse(other.out);
  EXPECT_EQ(end.at("verdict"), "inconclusive");
  EXPECT_TRUE(fs::exists(end.at("reports").get<std::string>() + "/summary.md"));
}

TEST_F(Night, OneThatWasKilledGoesOn) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 1);
    ::dup2(null, 2);
    ::execl(WEIR_BINARY, "weir", "nightly", kExperiment.c_str(), "--config", "flash", "--attempts",
            "1", "--reports", reports().c_str(), "--db", db().c_str(), "--jobs", "1", nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < 200; ++i) {  // until a trial is done
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (fs::exists(db()) &&
        run_weir({"sql", "SELECT 1 FROM try WHERE outcome IS NOT NULL", "--db", db()})
                .out.find("1\n1") != std::string::npos) {
      break;
    }
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  const std::string before = run_weir({"report", "--db", db()}).out;  // a killed process's database
  EXPECT_THAT(before, HasSubstr("incomplete"));
  const Ran resumed = run_weir({"nightly", kExperiment, "--config", "flash", "--attempts", "1",
                                "--reports", reports(), "--db", db(), "--json", "--pin-first"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(json::parse(resumed.out).at("resumed").get<bool>());
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_run"), "1");
}

TEST_F(Night, APlanKnowsWhatWasSpent) {
  const std::vector<std::string> plan = {"plan", kExperiment, "--attempts", "2", "--target",
                                         "0.9",  "--json",    "--db",       db()};
  const json blind = json::parse(run_weir(plan).out);
  EXPECT_TRUE(blind.at("sections").at("costs").at("tables").at(0).at(0).at("usd").is_null());
  ASSERT_EQ(run_weir({"run", kExperiment, "--attempts", "1", "--db", db()}).exit_code, 0);
  const json seen = json::parse(run_weir(plan).out);
  const json flash = seen.at("sections").at("costs").at("tables").at(0).at(0);
  const double spent = std::stod(sql(db(), "SELECT sum(usd) FROM v_trial WHERE config = 'flash'"));
  EXPECT_NEAR(flash.at("usd").get<double>(), 2 * spent, 1e-9);
  EXPECT_LT(flash.at("interval").at(0).get<double>(), 2 * spent);
  EXPECT_TRUE(seen.at("sections").contains("calibration"));
}

}  // namespace
}  // namespace weir
