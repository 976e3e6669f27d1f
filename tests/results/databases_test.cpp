// Whole databases: older ones, damaged ones, several in one, small again; anchors and
// their ledger.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "results/report/report.hpp"
#include "results/store/baseline_book.hpp"
#include "results/store/import_run.hpp"
#include "results/store/merge.hpp"
#include "results/store/reader.hpp"
#include "results/store/search_book.hpp"
#include "results/store/writer.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kBook = R"({"schema": "weir/price-book@1", "entries": []})";

std::string cell(const fs::path& db, const std::string& query) {
  return Reader(db).query(query).rows.at(0).at(0).value_or("NULL");
}

void sqlite(const fs::path& db, const std::string& script) {
  ASSERT_TRUE(run_process({.argv = {"sqlite3", db.string()}, .input = script}).ok());
}

/// A database with a finished run of two tasks under one config, three calls each; one
/// call's cost is unknown.
class Sample {
 public:
  Sample(const fs::path& file, const std::string& run, const std::vector<std::string>& tasks)
      : writer_(file, true), run_(run) {
    Run row;
    row.id = run;
    row.name = "sample";
    row.started_at = *parse_time("2026-10-20T12:00:00Z");
    row.seed = 1;
    row.spec = R"({"configs":["c"],"attempts":1})";
    row.weir_version = "test";
    row.price_book_sha256 = "book";
    row.facts = "{}";
    writer_.begin_run(
        row, kBook, {{run, "c", "bash", R"([{"name":"m"}])", "", "", "a", true}},
        {{run, "t1", "s", "f", "d1", "easy", ""}, {run, "t2", "s", "f", "d2", "hard", ""}});
    for (const auto& task : tasks) add_trial(task);
    writer_.finish_run(run, *parse_time("2026-10-20T13:00:00Z"));
  }

 private:
  void add_trial(const std::string& task) {
    Trial trial{run_ + "/" + task + "/c/1", run_, "s", task, "c", 1, task == "t1" ? 0 : 1, {}, {}};
    Try attempt;
    attempt.trial = trial.id;
    writer_.begin_try(trial, attempt);
    const Segment segment{trial.id + "#1/s0", trial.id, 1, "", {}, std::string(2000, 'p')};
    writer_.begin_segment(segment);
    for (int turn = 1; turn <= 3; ++turn) add_call(segment, turn, task);
    attempt.outcome = task == "t1" ? Outcome::resolved : Outcome::unresolved;
    attempt.finished_at = *parse_time("2026-10-20T12:30:00Z");
    writer_.finish_try(attempt);
  }

  void add_call(const Segment& segment, int turn, const std::string& task) {
    Call call;
    call.id = segment.id + "/t" + std::to_string(turn) + "/c0.0.0";
    call.trial = segment.trial;
    call.segment = segment.id;
    call.turn = turn;
    call.model = call.requested_model = call.served_model = "m";
    call.host = "h";
    call.request_sha256 = "r";
    call.started_at = *parse_time("2026-10-20T12:00:00Z");
    writer_.intend(call);
    call.tokens = {100, 0, 0, 10, 0, 100, 10};
    if (task == "t1" || turn < 3) call.cost_pusd = 7;
    call.response = std::string(5000, 'x') + std::to_string(turn);
    writer_.settle(call);
    Turn done;
    done.segment = segment.id;
    done.turn = turn;
    done.accepted_call = call.id;
    done.actions = R"(["ls"])";
    done.observation = std::string(5000, 'o');
    done.results = "[]";
    writer_.finish_turn(done);
  }

  Writer writer_;
  std::string run_;
};

const std::string kRunA(32, 'a');
const std::string kRunB(32, 'b');

TEST(Migration, SchemaTwoIsBackedUpAndReadAsToday) {
  const TemporaryFolder folder;
  const fs::path file = folder / "old.db";
  sqlite(file, read_file(WEIR_SOURCE_DIR "/tests/fixtures/schema_2.sql") +
                   "PRAGMA application_id = 1466263922; PRAGMA user_version = 2;"
                   "CREATE VIEW \"my own view\" AS SELECT count(*) AS n FROM run;"
                   "INSERT INTO run VALUES ('r', 'old', '2026-10-20T12:00:00.000Z', NULL, '1', "
                   "'s', '{}', '0', "
                   "0, '{}', 'b');");
  EXPECT_EQ(cell(file, "SELECT name || source FROM v_run"), "old");
  EXPECT_EQ(cell(file, "SELECT n FROM \"my own view\""), "1");  // a user's view stays
  const fs::path backup = file.string() + ".schema-2.backup";
  ASSERT_TRUE(fs::exists(backup));
  const auto old = run_process({.argv = {"sqlite3", backup.string(), "PRAGMA user_version"}});
  EXPECT_THAT(old.out, HasSubstr("2"));
  (void)Reader(file);
  EXPECT_FALSE(fs::exists(file.string() + ".schema-2-2.backup"));  // once
}

TEST(Migration, SchemaThreeForgetsSumsThatKnewNoRoutes) {
  const TemporaryFolder folder;
  const fs::path file = folder / "old.db";
  sqlite(file, read_file(WEIR_SOURCE_DIR "/tests/fixtures/schema_3.sql") +
                   "PRAGMA application_id = 1466263922; PRAGMA user_version = 3;"
                   "INSERT INTO run (id, name, started_at, seed, spec_sha256, spec, weir_version, "
                   "simulated, facts, price_book_sha256) VALUES ('r', 'old', "
                   "'2026-10-20T12:00:00.000Z', '1', 's', '{}', '0', 0, '{}', 'b');"
                   "INSERT INTO run_sum VALUES ('r', 'kept', '[]', 0);");
  EXPECT_EQ(cell(file, "SELECT count(*) FROM run_sum"), "0");
  EXPECT_EQ(cell(file, "SELECT count(*) FROM route_sum"), "0");
  EXPECT_TRUE(fs::exists(file.string() + ".schema-3.backup"));
  // A try that was cut off is read to where it had got: its last segment.
  sqlite(file,
         "INSERT INTO trial VALUES ('r/t/c/1', 'r', 's', 't', 'c', 1, 0, NULL, NULL, 1);"
         "INSERT INTO try (trial, try, started_at) VALUES ('r/t/c/1', 1, '2026-10-20T12:00:00.000Z');"
         "INSERT INTO segment (id, trial, try) VALUES ('r/t/c/1#1/s0', 'r/t/c/1', 1);"
         "INSERT INTO segment (id, trial, try, parent, fork_turn) VALUES ('r/t/c/1#1/s1', 'r/t/c/1', 1, "
         "'r/t/c/1#1/s0', 3);");
  EXPECT_EQ(cell(file, "SELECT count(*) FROM path WHERE trial = 'r/t/c/1'"), "2");
}

TEST(Migration, SchemaFourLearnsToCountSearches) {
  const TemporaryFolder folder;
  const fs::path file = folder / "old.db";
  sqlite(file, read_file(WEIR_SOURCE_DIR "/tests/fixtures/schema_4.sql") +
                   "PRAGMA application_id = 1466263922; PRAGMA user_version = 4;");
  EXPECT_EQ(enter_search(file, "d", "0.7", {}), 1);
  EXPECT_EQ(enter_search(file, "d", "0.8", {}), 2);
  EXPECT_EQ(enter_search(file, "d", "0.7", {}), 2);  // the same again is no other search
  EXPECT_EQ(enter_search(file, "other", "0.7", {}), 1);
  EXPECT_TRUE(fs::exists(file.string() + ".schema-4.backup"));
}

TEST(Migration, SchemaFiveLearnsOfWaysThatPart) {
  const TemporaryFolder folder;
  const fs::path file = folder / "old.db";
  sqlite(file, read_file(WEIR_SOURCE_DIR "/tests/fixtures/schema_5.sql") +
                   "PRAGMA application_id = 1466263922; PRAGMA user_version = 5;");
  EXPECT_EQ(cell(file, "SELECT count(*) FROM v_fork"), "0");
  EXPECT_EQ(cell(file, "SELECT count(*) FROM pragma_table_info('segment') WHERE name = 'aside'"), "1");
  EXPECT_TRUE(fs::exists(file.string() + ".schema-5.backup"));
}

TEST(Migration, SchemaSixLearnsOfStepsAndArtifacts) {
  const TemporaryFolder folder;
  const fs::path file = folder / "old.db";
  sqlite(file, read_file(WEIR_SOURCE_DIR "/tests/fixtures/schema_6.sql") +
                   "PRAGMA application_id = 1466263922; PRAGMA user_version = 6;"
                   "INSERT INTO run (id, name, started_at, seed, spec_sha256, spec, weir_version, "
                   "simulated, facts, price_book_sha256) VALUES ('r', 'old', "
                   "'2026-10-20T12:00:00.000Z', '1', 's', '{}', '0', 0, '{}', 'b');"
                   "INSERT INTO trial VALUES ('r/t/c/1', 'r', 's', 't', 'c', 1, 0, NULL, NULL, 1);"
                   "INSERT INTO segment (id, trial, try) VALUES ('r/t/c/1#1/s0', 'r/t/c/1', 1);");
  EXPECT_EQ(cell(file, "SELECT count(*) FROM v_artifact"), "0");
  EXPECT_EQ(cell(file, "SELECT step = '' FROM segment"), "1");
  EXPECT_EQ(cell(file, "SELECT count(*) FROM v_step"), "0");
  EXPECT_TRUE(fs::exists(file.string() + ".schema-6.backup"));
}

TEST(Database, ADamagedFileIsSaidToBe) {
  const TemporaryFolder folder;
  const fs::path file = folder / "d.db";
  { const Sample sample(file, kRunA, {"t1", "t2"}); }
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(20000);
  bytes << std::string(9000, '\x5A');
  bytes.close();
  EXPECT_THAT(error_of([&] { (void)Reader(file); }), HasSubstr("the file is damaged"));
  EXPECT_THAT(error_of([&] { (void)Reader(file); }), HasSubstr(".recover"));
}

TEST(Database, AFolderThatCannotBeWrittenIsRead) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "ro");
  const fs::path file = folder / "ro" / "d.db";
  { const Sample sample(file, kRunA, {"t1"}); }
  sqlite(file, "PRAGMA wal_checkpoint(TRUNCATE);");
  fs::remove(file.string() + "-wal");
  fs::remove(file.string() + "-shm");
  fs::permissions(folder / "ro", fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(cell(file, "SELECT count(*) FROM v_trial"), "1");  // root may write all the same
  fs::permissions(folder / "ro", fs::perms::owner_all);
}

TEST(Sums, KeptOnesEqualTheViews) {
  const TemporaryFolder folder;
  const fs::path file = folder / "s.db";
  { const Sample sample(file, kRunA, {"t1", "t2"}); }
  for (int i = 0; i < 2; ++i) {  // computed, then kept
    const Reader reader(file);
    const auto trials = reader.trials(kRunA);
    ASSERT_EQ(trials.size(), 2U);
    EXPECT_EQ(trials[0].cost_pusd, 21);
    EXPECT_EQ(trials[0].turns, 3);
    EXPECT_FALSE(trials[1].cost_pusd);  // one call unknown: the sum is
    EXPECT_EQ(trials[1].spend.known, 14);
    EXPECT_EQ(trials[1].spend.unknown_calls, 1);
    EXPECT_EQ(cell(file, "SELECT count(*) FROM run_sum"), "1");
  }
  sqlite(file, "UPDATE try SET outcome = NULL WHERE trial LIKE '%t2%';");
  EXPECT_EQ(Reader(file).trials(kRunA)[1].outcome, Outcome::not_run);  // no longer of today
}

TEST(Quarantine, IsDecidedByGoldAndEmptyRunsOfTheSameContent) {
  const TemporaryFolder folder;
  const fs::path file = folder / "q.db";
  { const Sample models(file, kRunA, {"t1", "t2"}); }
  { const Sample control(file, kRunB, {"t1", "t2"}); }
  const auto quarantined = [&] {
    const Reader reader(file);
    return reader.quarantined(reader.arms(reader.find_run(kRunA)).at(0));
  };
  EXPECT_TRUE(quarantined().empty());  // models that fail say nothing of a task
  const std::string of_b = " WHERE run = '" + kRunB + "';";
  sqlite(file, "UPDATE config SET agent = 'nop'" + of_b);
  EXPECT_EQ(quarantined(), std::set<std::string>{"t1"});  // doing nothing resolved it
  sqlite(file, "UPDATE config SET agent = 'oracle'" + of_b);
  EXPECT_TRUE(quarantined().empty());  // gold that always passes, or never, is not flaky
  sqlite(file,
         "UPDATE trial SET task = 't1', attempt = 2 WHERE task = 't2' AND run = '" + kRunB + "';");
  EXPECT_EQ(quarantined(), std::set<std::string>{"t1"});  // once so, once so
  sqlite(file, "UPDATE task SET sha256 = 'mended'" + of_b);
  EXPECT_TRUE(quarantined().empty());  // another content
}

TEST(Merge, TwoShardsOfOneRunTwice) {
  const TemporaryFolder folder;
  { const Sample one(folder / "1.db", kRunA, {"t1"}); }
  { const Sample two(folder / "2.db", kRunA, {"t2"}); }
  const fs::path out = folder / "out.db";
  const MergeResult first = merge(out, {folder / "1.db", folder / "2.db"});
  EXPECT_GT(first.added, 0);
  (void)Reader(out).compare(kRunA);
  const MergeResult again = merge(out, {folder / "2.db", folder / "1.db"});
  EXPECT_EQ(again.added, 0);
  EXPECT_EQ(again.known, first.added + first.known);
  EXPECT_EQ(cell(out, "SELECT count(*) FROM v_trial"), "2");
  EXPECT_EQ(cell(out, "SELECT count(*) FROM v_call"), "6");
  EXPECT_EQ(cell(out, "SELECT sum(cost_pusd) FROM v_call"), "35");
}

TEST(Merge, KeptSumsOfARunThatGrewAreMadeAnew) {
  const TemporaryFolder folder;
  { const Sample one(folder / "1.db", kRunA, {"t1", "t2"}); }
  fs::copy_file(folder / "1.db", folder / "less.db");
  sqlite(folder / "less.db", "DELETE FROM call WHERE id LIKE '%/t1/c/1#1/s0/t3/%';");
  const fs::path out = folder / "out.db";
  (void)merge(out, {folder / "less.db"});
  EXPECT_EQ(Reader(out).trials(kRunA)[0].cost_pusd, 14);
  (void)merge(out, {folder / "1.db"});
  EXPECT_EQ(Reader(out).trials(kRunA)[0].cost_pusd, 21);
}

TEST(Merge, RefusesAnotherRowUnderOneId) {
  const TemporaryFolder folder;
  { const Sample one(folder / "1.db", kRunA, {"t1"}); }
  fs::copy_file(folder / "1.db", folder / "2.db");
  sqlite(folder / "2.db", "UPDATE call SET cost_pusd = 8 WHERE id LIKE '%t2/c0%';");
  { const Sample more(folder / "2.db", kRunB, {"t1"}); }
  const fs::path out = folder / "out.db";
  (void)merge(out, {folder / "1.db"});
  const std::string error = error_of([&] { (void)merge(out, {folder / "2.db"}); });
  EXPECT_THAT(error, HasSubstr("2.db: holds another call"));
  EXPECT_EQ(cell(out, "SELECT count(*) FROM run"), "1");  // nothing of it was taken
  EXPECT_THAT(error_of([&] { (void)merge(out, {out}); }), HasSubstr("itself"));
  EXPECT_THAT(error_of([&] { (void)merge(out, {folder / "no.db"}); }),
              HasSubstr("no such database"));
}

TEST(Prune, DropsTextsAndKeepsNumbersAndAnchors) {
  const TemporaryFolder folder;
  const fs::path file = folder / "p.db";
  { const Sample one(file, kRunA, {"t1", "t2"}); }
  { const Sample two(file, kRunB, {"t1", "t2"}); }
  BaselineBook(file, Access::write)
      .pin({"main", *parse_time("2026-10-21T00:00:00Z"), {}, "v", {kRunB}});
  const auto report = [&] { return markdown_report(Reader(file).compare(kRunA)); };
  const std::string before = report();
  EXPECT_EQ(prune(file, {0, false, true}).runs.size(), 1U);
  EXPECT_EQ(cell(file, "SELECT count(response_z) FROM call"), "12");  // a dry run
  const PruneResult pruned = prune(file, {0, false, false});
  EXPECT_EQ(pruned.runs, std::vector<std::string>{kRunA});
  EXPECT_EQ(pruned.kept, std::vector<std::string>{kRunB});
  EXPECT_EQ(cell(file, "SELECT count(response_z) FROM call"), "6");
  EXPECT_EQ(report(), before);
  (void)prune(file, {0, true, false});
  EXPECT_EQ(cell(file, "SELECT count(*) FROM run"), "1");
  EXPECT_EQ(cell(file, "SELECT count(*) FROM call"), "6");
}

/// Nights as imported outcomes: `resolved` of 400 tasks, of which `lost` are others' than
/// in the anchor.
class Nights : public testing::Test {
 protected:
  std::string add(int day, int lost, const std::vector<std::string>& configs = {"c"}) {
    ForeignOutcomes outcomes;
    for (const auto& config : configs) {
      for (int i = 0; i < 400; ++i) {
        ForeignTrial trial;
        trial.config = config;
        trial.task = "t" + std::to_string(i);
        trial.outcome = i < 200 && i >= lost ? Outcome::resolved : Outcome::unresolved;
        outcomes.trials.push_back(trial);
      }
    }
    ImportSource source;
    source.run = std::string(31, 'n') + static_cast<char>('a' + day);
    source.name = "night";
    source.source = "synthetic";
    source.suite = "s";
    source.at = *parse_time("2026-10-01T00:00:00Z") + std::chrono::hours(24 * day);
    EXPECT_TRUE(import_run(file_, source, outcomes));
    return source.run;
  }

  void pin(const std::string& run) {
    BaselineBook(file_, Access::write)
        .pin({"main", *parse_time("2026-10-01T00:00:00Z"), {}, "v", {run}});
  }

  std::vector<GateResult> judge(const std::string& run) {
    const Reader reader(file_);
    BaselineBook book(file_, Access::write);
    return gate_night(reader, book, book.find("main"), reader.find_run(run));
  }

  TemporaryFolder folder_;
  fs::path file_ = folder_ / "n.db";
};

TEST_F(Nights, QuietOnesPassAndLossesAreShown) {
  pin(add(0, 0));
  EXPECT_EQ(judge(add(1, 0)).at(0).verdict, GateVerdict::passed);
  EXPECT_EQ(judge(add(2, 80)).at(0).verdict, GateVerdict::regression);
  EXPECT_EQ(cell(file_,
                 "SELECT group_concat(verdict, ' ') FROM (SELECT verdict FROM v_gate ORDER BY at)"),
            "passed regression");
}

TEST_F(Nights, LookingTwiceIsOneLook) {
  pin(add(0, 0));
  const std::string night = add(1, 8);
  const auto first = judge(night).at(0);
  const auto again = judge(night).at(0);
  EXPECT_EQ(first.evidence, again.evidence);
  EXPECT_EQ(again.nights, 1);
}

TEST_F(Nights, TheAnchorIsNotJudgedByItself) {
  const std::string anchor = add(0, 0);
  pin(anchor);
  EXPECT_THAT(error_of([&] { (void)judge(anchor); }), HasSubstr("part of baseline"));
  EXPECT_EQ(cell(file_, "SELECT count(*) FROM gate_look"), "0");
}

TEST_F(Nights, AnArmThatDidNotRunIsNoPass) {
  pin(add(0, 0, {"c", "d"}));
  const auto results = judge(add(1, 0, {"c"}));
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].verdict, GateVerdict::passed);
  EXPECT_EQ(results[1].verdict, GateVerdict::inconclusive);
  EXPECT_THAT(results[1].reason, HasSubstr("did not run"));
  EXPECT_EQ(results[0].enough, 40);  // both arms share the baseline's alpha, run or not
}

TEST_F(Nights, BaselinesAreFoundByName) {
  pin(add(0, 0));
  EXPECT_THAT(error_of([&] { (void)BaselineBook(file_, Access::read).find("mian"); }),
              HasSubstr("did you mean \"main\""));
}

}  // namespace
}  // namespace weir
