#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "results/store/reader.hpp"
#include "results/store/run_lock.hpp"
#include "results/store/text_column.hpp"
#include "results/store/writer.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

constexpr const char* kBook = R"({"schema": "weir/price-book@1", "entries": []})";

using testing::HasSubstr;

Run sample_run() {
  Run run;
  run.id = std::string(32, 'a');
  run.name = "sample";
  run.started_at = *parse_time("2026-10-20T12:00:00Z");
  run.seed = 18446744073709551615ULL;  // the largest: must survive
  run.spec = R"({"configs":["cascade"],"attempts":1})";
  run.spec_sha256 = "spec";
  run.weir_version = "test";
  run.price_book_sha256 = "book";
  run.facts = "{}";
  return run;
}

Trial sample_trial(const std::string& task = "t") {
  Trial trial;
  trial.run = std::string(32, 'a');
  trial.suite = "s";
  trial.task = task;
  trial.config = "cascade";
  trial.id = trial.run + "/" + task + "/cascade/1";
  return trial;
}

Call sample_call(const Segment& segment, int turn, int tier) {
  Call call;
  call.id = segment.id + "/t" + std::to_string(turn) + "/c" + std::to_string(tier) + ".0.0";
  call.trial = segment.trial;
  call.segment = segment.id;
  call.turn = turn;
  call.tier = tier;
  call.model = tier == 0 ? "flash" : "pro";
  call.requested_model = call.model;
  call.host = "h";
  call.request_sha256 = "r";
  call.started_at = *parse_time("2026-10-20T12:00:00Z");
  return call;
}

void settle(Call& call, std::int64_t in, std::int64_t out, std::optional<Picodollars> cost) {
  call.settled = true;
  call.tokens = {in, 0, 0, out, 0, in, out};
  call.cost_pusd = cost;
  call.response = std::string(2000, 'x');
}

class Store : public testing::Test {
 protected:
  Store() : writer_(folder_ / "w.db", false) {
    writer_.begin_run(sample_run(), kBook,
                      {{std::string(32, 'a'), "cascade", "bash",
                        R"([{"name":"flash"},{"name":"pro"}])", "p", "psha", "asha", false}},
                      {{std::string(32, 'a'), "t", "s", "f", "d", "easy", ""}});
  }

  Segment begin(const Trial& trial, int try_number = 1) {
    Try attempt;
    attempt.trial = trial.id;
    attempt.number = try_number;
    writer_.begin_try(trial, attempt);
    Segment segment{
        trial.id + "#" + std::to_string(try_number) + "/s0", trial.id, try_number, "", {}, "{}"};
    writer_.begin_segment(segment);
    return segment;
  }

  void call(const Segment& segment, int turn, int tier, std::optional<Picodollars> cost) {
    Call made = sample_call(segment, turn, tier);
    writer_.intend(made);
    settle(made, 100, 10, cost);
    writer_.settle(made);
  }

  void accept(const Segment& segment, int turn, int tier) {
    Turn done;
    done.segment = segment.id;
    done.turn = turn;
    done.tier = tier;
    done.accepted_call = sample_call(segment, turn, tier).id;
    done.results = "[]";
    writer_.finish_turn(done);
  }

  void finish(const Trial& trial, int number, Outcome outcome) {
    Try attempt;
    attempt.trial = trial.id;
    attempt.number = number;
    attempt.outcome = outcome;
    attempt.rewards = {{"", "reward", 1}};
    writer_.finish_try(attempt);
  }

  std::string cell(const std::string& sql) const {
    return Reader(folder_ / "w.db").query(sql).rows.at(0).at(0).value_or("NULL");
  }

  TemporaryFolder folder_;
  Writer writer_;
};

TEST_F(Store, DiscardedDraftsArePaidFor) {
  const Trial trial = sample_trial();
  const Segment segment = begin(trial);
  call(segment, 1, 0, 5);
  call(segment, 1, 1, 70);
  accept(segment, 1, 1);
  finish(trial, 1, Outcome::resolved);
  EXPECT_EQ(cell("SELECT cost_pusd FROM v_trial"), "75");
  EXPECT_EQ(cell("SELECT turns || '/' || escalated_turns || '/' || calls || '/' || discarded_calls "
                 "FROM v_trial"),
            "1/1/2/1");
  EXPECT_EQ(cell("SELECT round(usd_strong * 1e12) FROM v_trial"), "70.0");
  EXPECT_EQ(cell("SELECT group_concat(accepted) FROM (SELECT accepted FROM v_call ORDER BY tier)"),
            "0,1");
  EXPECT_EQ(cell("SELECT reward FROM v_trial"), "1.0");
}

TEST_F(Store, AnUnpricedCallMakesTheCostUnknown) {
  const Trial trial = sample_trial();
  const Segment segment = begin(trial);
  call(segment, 1, 0, 5);
  accept(segment, 1, 0);
  call(segment, 2, 0, std::nullopt);
  accept(segment, 2, 0);
  finish(trial, 1, Outcome::unresolved);
  EXPECT_EQ(cell("SELECT usd FROM v_trial"), "NULL");
  EXPECT_EQ(cell("SELECT unpriced_calls FROM v_trial"), "1");
  EXPECT_EQ(cell("SELECT input_total FROM v_trial"), "200");
  EXPECT_EQ(cell("SELECT usd_strong FROM v_trial"), "0.0");  // no strong call, so none spent
}

TEST_F(Store, AnUnsettledIntentIsInterrupted) {
  const Trial trial = sample_trial();
  const Segment segment = begin(trial);
  writer_.intend(sample_call(segment, 1, 0));
  EXPECT_EQ(cell("SELECT error_class || accepted || coalesce(cost_pusd, 'unknown') FROM v_call"),
            "interrupted0unknown");
  EXPECT_EQ(cell("SELECT outcome FROM v_trial"), "not_run");
}

TEST_F(Store, OneTryCountsAndAllSpendIsKept) {
  const Trial trial = sample_trial();
  const Segment first = begin(trial, 1);
  call(first, 1, 0, 5);
  accept(first, 1, 0);
  finish(trial, 1, Outcome::infra_error);
  const Segment second = begin(trial, 2);
  call(second, 1, 0, 7);
  accept(second, 1, 0);
  finish(trial, 2, Outcome::resolved);
  EXPECT_EQ(cell("SELECT count(*) FROM v_trial"), "1");
  EXPECT_EQ(cell("SELECT try || outcome || cost_pusd FROM v_trial"), "2resolved7");
  EXPECT_EQ(cell("SELECT round(usd_other_tries * 1e12) FROM v_trial"), "5.0");
  EXPECT_EQ(cell("SELECT sum(cost_pusd) FROM v_call"), "12");
}

TEST_F(Store, AForkedPathCountsTheSharedTurnsOnce) {
  const Trial trial = sample_trial();
  const Segment root = begin(trial);
  for (int turn = 1; turn <= 3; ++turn) {
    call(root, turn, 0, 1);
    accept(root, turn, 0);
  }
  const Segment branch{trial.id + "#1/s1", trial.id, 1, root.id, 3, ""};
  writer_.begin_segment(branch);
  call(branch, 3, 1, 100);
  accept(branch, 3, 1);
  Try attempt;
  attempt.trial = trial.id;
  attempt.outcome = Outcome::resolved;
  attempt.leaf = branch.id;
  writer_.finish_try(attempt);
  EXPECT_EQ(cell("SELECT cost_pusd FROM v_trial"), "102");  // turns 1, 2 and the branch's 3
  EXPECT_EQ(cell("SELECT turns FROM v_trial"), "3");
  EXPECT_EQ(cell("SELECT sum(cost_pusd) FROM v_call"), "103");  // all that was spent
}

TEST_F(Store, ReadsBackWhatWasWritten) {
  const Trial trial = sample_trial();
  const Segment segment = begin(trial);
  call(segment, 1, 0, 5);
  accept(segment, 1, 0);
  finish(trial, 1, Outcome::resolved);
  const Reader reader(folder_ / "w.db");
  EXPECT_EQ(reader.find_run("latest").seed, 18446744073709551615ULL);
  EXPECT_EQ(reader.find_run("aaaa").name, "sample");
  EXPECT_THROW((void)reader.find_run("nope"), UserError);
  EXPECT_EQ(reader.find_trial("t/cascade/1"), trial.id);
  EXPECT_EQ(reader.find_trial("aaa/t/cascade/1"), trial.id);
  EXPECT_FALSE(reader.find_trial("u/cascade/1"));
  const auto calls = reader.calls(trial.id);
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].response, std::string(2000, 'x'));
  EXPECT_EQ(calls[0].tokens, (Tokens{100, 0, 0, 10, 0, 100, 10}));
  EXPECT_EQ(reader.compare("latest").configs.at(0).resolved, 1);
}

TEST_F(Store, SimulatedIntentsAreDroppedAndPaidOnesStay) {
  const Trial trial = sample_trial();
  const Segment segment = begin(trial);
  Call simulated = sample_call(segment, 1, 0);
  simulated.simulated = true;
  writer_.intend(simulated);
  writer_.intend(sample_call(segment, 1, 1));
  writer_.drop_free_intents(std::string(32, 'a'));
  EXPECT_EQ(cell("SELECT count(*) FROM v_call"), "1");
}

TEST_F(Store, NotRunOverwritesNothing) {
  const Trial trial = sample_trial();
  const Segment segment = begin(trial);
  call(segment, 1, 0, 5);
  finish(trial, 1, Outcome::provider_error);
  writer_.record_not_run({trial, sample_trial("u")}, "stopped", {});
  EXPECT_EQ(cell("SELECT outcome FROM v_trial WHERE task = 't'"), "provider_error");
  EXPECT_EQ(cell("SELECT outcome FROM v_trial WHERE task = 'u'"), "not_run");
}

TEST_F(Store, ATryBegunAgainIsUnfinished) {
  const Trial trial = sample_trial();
  writer_.record_not_run({trial}, "stopped", {});
  (void)begin(trial);  // resumed, then killed
  EXPECT_EQ(cell("SELECT outcome FROM try"), "NULL");
  EXPECT_FALSE(Reader(folder_ / "w.db").progress(std::string(32, 'a')).at(0).finished);
}

TEST_F(Store, ASettlementWithoutAnIntentIsAnError) {
  const Trial trial = sample_trial();
  Call made = sample_call(begin(trial), 1, 0);
  settle(made, 1, 1, 1);
  EXPECT_THROW(writer_.settle(made), StoreError);
  EXPECT_NO_THROW(call(Segment{trial.id + "#1/s0", trial.id, 1, "", {}, ""}, 2, 0, 1));
}

TEST_F(Store, OneRunHasOneExecutor) {
  const RunLock lock(folder_ / "w.db", std::string(32, 'a'));
  EXPECT_THROW(RunLock(folder_ / "w.db", std::string(32, 'a')), UserError);
  EXPECT_NO_THROW(RunLock(folder_ / "w.db", std::string(32, 'b')));
}

TEST_F(Store, TrialsNotBegunAreMissingData) {
  const Trial trial = sample_trial();
  (void)begin(trial);
  finish(trial, 1, Outcome::resolved);
  const Comparison comparison = Reader(folder_ / "w.db").compare("latest");
  EXPECT_EQ(comparison.expected, 1);
  EXPECT_EQ(comparison.begun, 1);
}

TEST_F(Store, QueriesCannotWrite) {
  const Reader reader(folder_ / "w.db");
  EXPECT_THROW((void)reader.query("DELETE FROM run"), UserError);
  EXPECT_THROW((void)reader.query("SELEKT"), UserError);
}

TEST_F(Store, ManyThreadsWriteAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] {
      const Trial trial = sample_trial("t" + std::to_string(i));
      const Segment segment = begin(trial);
      for (int turn = 1; turn <= 20; ++turn) {
        call(segment, turn, 0, 1);
        accept(segment, turn, 0);
      }
      finish(trial, 1, Outcome::resolved);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(cell("SELECT count(*) || '/' || sum(cost_pusd) FROM v_trial"), "8/160");
}

TEST(Database, ForeignAndNewerFilesAreRefused) {
  const TemporaryFolder folder;
  write_file(folder / "text.db", "this is no database, only some text that is long enough\n");
  EXPECT_THROW(Writer(folder / "text.db", true), UserError);
  EXPECT_THROW(Reader(folder / "text.db"), UserError);
  EXPECT_THROW(Reader(folder / "missing.db"), UserError);
  { Writer(folder / "new.db", true); }
  const std::string newer =
      "sqlite3 " + (folder / "new.db").string() + " 'PRAGMA user_version = 99'";
  ASSERT_EQ(std::system(newer.c_str()), 0);
  try {
    Writer(folder / "new.db", true);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("newer"));
  }
}

TEST(TextColumn, SurvivesARoundTrip) {
  for (const std::string& text : {std::string(), std::string("short"), std::string(100'000, 'a'),
                                  std::string("\0\xFF\n", 3)}) {
    EXPECT_EQ(decompress(compress(text)), text);
  }
  EXPECT_THROW((void)decompress("damaged"), InfraError);
}

/// A run whose model "m" began as build 1 and became build 2 at noon.
class Parts : public Store {
 protected:
  static TimePoint at(const char* clock) {
    return *parse_time(std::string("2026-10-20T") + clock + ":00Z");
  }

  /// A trial that began at `clock` and was served by `builds`, a call each.
  void served(int attempt, const char* clock, const std::vector<std::string>& builds) {
    Trial trial = sample_trial();
    trial.attempt = attempt;
    trial.id = trial.run + "/t/cascade/" + std::to_string(attempt);
    Try begun;
    begun.trial = trial.id;
    begun.started_at = at(clock);
    writer_.begin_try(trial, begun);
    const Segment segment{trial.id + "#1/s0", trial.id, 1, "", {}, "{}"};
    writer_.begin_segment(segment);
    int turn = 0;
    for (const auto& build : builds) {
      Call made = sample_call(segment, ++turn, 0);
      made.model = "m";
      writer_.intend(made);
      settle(made, 1, 1, 1);
      made.served_model = "served";
      made.fingerprint = build;
      writer_.settle(made);
    }
  }

  void changed(const std::string& to, const char* clock, bool allowed = false) {
    writer_.record_model_change({std::string(32, 'a'), "m", "call that showed " + to, at(clock),
                                 "served", "1", "served", to, allowed});
  }

  std::string part(int attempt) const {
    return cell("SELECT coalesce(part, 'none') FROM v_part WHERE trial LIKE '%/" +
                std::to_string(attempt) + "'");
  }
};

TEST_F(Parts, GoByWhoServed) {
  served(1, "11:00", {"1", "1"});
  served(2, "11:50", {"1", "2"});  // met both
  served(3, "11:55", {"2"});       // began before, met the new one only
  served(4, "12:30", {"2"});
  served(5, "13:00", {"1"});      // an old build answered once more
  served(6, "12:10", {});         // asked nobody: the clock decides
  served(7, "12:20", {"2", ""});  // a fingerprint left out could be any
  served(8, "12:25", {""});
  changed("2", "12:00");
  EXPECT_EQ(part(1), "1");
  EXPECT_EQ(part(2), "none");
  EXPECT_EQ(part(3), "2");
  EXPECT_EQ(part(4), "2");
  EXPECT_EQ(part(5), "1");
  EXPECT_EQ(part(6), "2");
  EXPECT_EQ(part(7), "2");
  EXPECT_EQ(part(8), "2");
}

TEST_F(Parts, AnAllowedChangeSplitsNothing) {
  served(1, "11:00", {"1"});
  served(2, "12:30", {"1", "2"});
  changed("2", "12:00", true);
  EXPECT_EQ(part(1), "1");
  EXPECT_EQ(part(2), "1");
  EXPECT_TRUE(Reader(folder_ / "w.db").model_changes(std::string(32, 'a'), false).empty());
}

TEST_F(Parts, TwoChangesMakeThree) {
  changed("2", "12:00");
  changed("3", "13:00");
  served(1, "12:10", {"2"});
  served(2, "12:50", {"2", "3"});
  served(3, "13:10", {"3"});
  EXPECT_EQ(part(1), "2");
  EXPECT_EQ(part(2), "none");
  EXPECT_EQ(part(3), "3");
}

TEST(Migration, ADatabaseOfSchemaOneIsReadAsOneOfToday) {
  const TemporaryFolder folder;
  const std::string file = folder / "old.db";
  const std::string script =
      read_file(WEIR_SOURCE_DIR "/tests/fixtures/schema_1.sql") +
      "PRAGMA application_id = 1466263922; PRAGMA user_version = 1;"
      "INSERT INTO run VALUES ('r', 'old', '2026-10-20T12:00:00.000Z', NULL, '1', 's', '{}', '0', "
      "0, '{}', 'b');"
      "INSERT INTO trial VALUES ('r/t/c/1', 'r', 's', 't', 'c', 1, 0, NULL, NULL, 1);"
      "INSERT INTO try (trial, try, started_at, outcome) VALUES ('r/t/c/1', 1, "
      "'2026-10-20T12:00:00.000Z', 'resolved');"
      "INSERT INTO segment VALUES ('r/t/c/1#1/s0', 'r/t/c/1', 1, NULL, NULL, NULL);"
      "INSERT INTO call (id, trial, segment, turn, tier, sample, retry, model, requested_model, "
      "host, "
      "request_sha256, started_at, simulated, settled, cost_pusd) VALUES ('c', 'r/t/c/1', "
      "'r/t/c/1#1/s0', 1, 0, 0, 0, 'm', 'm', 'h', 'x', '2026-10-20T12:00:00.000Z', 0, 1, 42);";
  ASSERT_TRUE(run_process({.argv = {"sqlite3", file}, .input = script}).ok());
  const Reader reader(file);
  const auto row = reader.query("SELECT cost_pusd, replayed, notes FROM v_call").rows.at(0);
  EXPECT_EQ(row.at(0), "42");
  EXPECT_EQ(row.at(1), "0");
  EXPECT_FALSE(row.at(2));
  EXPECT_EQ(reader.query("SELECT outcome FROM v_trial").rows.at(0).at(0), "resolved");
  EXPECT_EQ(reader.query("SELECT part FROM v_part").rows.at(0).at(0), "1");
}

}  // namespace
}  // namespace weir
