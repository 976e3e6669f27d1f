// Whole runs over HTTP: the ledger against the server's own, budgets, replay,
// other prices, what a run leaves behind.

#include "tests/end_to_end/calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// Pro in June 2026, picodollars a token.
constexpr std::int64_t kMiss = 435'000;
constexpr std::int64_t kHit = 3'625;
constexpr std::int64_t kOut = 870'000;

/// What a replay must repeat.
constexpr const char* kOutcomes =
    "SELECT group_concat(line, ' ') FROM (SELECT task || config || attempt || outcome || "
    "coalesce(stop_reason, '') || turns || calls || coalesce(input_total, '-') AS line FROM v_trial "
    "ORDER BY task, config, attempt)";

std::string spent(const Host& host) {
  return std::to_string(host.miss * kMiss + host.hit * kHit + host.output * kOut);
}

class CallsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  }
  Calls calls_;
};

TEST_F(CallsTest, BothApisWithFaultsAndALedgerThatEqualsTheServers) {
  Host host(0.2);
  calls_.write_experiment(host, {"openai", "anthropic"});
  const Ran ran = calls_.run();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_trial WHERE outcome = 'resolved'"), "6");
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_call"), std::to_string(host.requests));
  EXPECT_EQ(calls_.query("SELECT sum(cost_pusd) FROM v_call"), spent(host));
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_call WHERE cost_pusd IS NULL"),
            std::to_string(host.unknown));
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_call WHERE price_entry = 'refused'"),
            std::to_string(host.refused));
  EXPECT_GT(host.unknown, 0);
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_call WHERE ttft_ms IS NULL AND accepted"), "0");
  // Every later call begins with the one before it, byte for byte.
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_call AS later JOIN v_call AS earlier ON "
                         "later.trial = earlier.trial AND later.turn = 2 AND earlier.turn = 1 AND "
                         "earlier.accepted AND later.prefix_sha256 <> earlier.request_sha256"),
            "0");
}

TEST_F(CallsTest, ADollarLimitIsNeverExceededAndResumes) {
  Host host;
  calls_.write_experiment(host, {"openai"});
  const Ran stopped = calls_.run({"--max-usd", "0.006", "--attempts", "5"});
  EXPECT_EQ(stopped.exit_code, 4) << stopped.err;
  EXPECT_LE(std::stoll(spent(host)), 6'000'000'000);
  EXPECT_GT(host.requests, 0);
  EXPECT_THAT(stopped.err, HasSubstr("weir resume"));
  const Ran resumed = run_weir({"resume", "latest", "--max-usd", "5", "--db", calls_.path("w.db")},
                               {"WEIR_TEST_KEY=secret-key-value"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_trial WHERE outcome = 'resolved'"), "5");
  EXPECT_EQ(host.requests, 10);  // two turns each: nothing was asked twice
  EXPECT_EQ(calls_.query("SELECT sum(cost_pusd) FROM v_call"), spent(host));
}

TEST_F(CallsTest, ATrialsDollarLimitEndsTheTrialOnly) {
  Host host;
  calls_.write_experiment(host, {"openai"});
  ASSERT_EQ(calls_.run({"--attempts", "1"}, "e.toml", "first.db").exit_code, 0);
  const auto most = std::stod(calls_.query("SELECT max(reserved_pusd) FROM call WHERE turn = 1", "first.db"));
  // Room for the first call at its worst, not for the second, whose prompt is longer.
  calls_.write_experiment(host, {"openai"}, "[limits]\nusd = " + std::to_string(most / 1e12 + 1e-6) + "\n");
  const Ran ran = calls_.run();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_trial WHERE stop_reason = 'usd'"), "3");
  const Ran repriced = run_weir({"reprice", "--db", calls_.path("w.db")});
  EXPECT_THAT(repriced.err, HasSubstr("3 trials were cut short by a dollar limit"));
  calls_.write_replay({"openai"});
  EXPECT_EQ(calls_.run({}, "r.toml", "r.db").exit_code, 0);
  EXPECT_EQ(calls_.query(kOutcomes, "r.db"), calls_.query(kOutcomes));
  calls_.write_replay({"openai"}, "r.db");
  EXPECT_EQ(calls_.run({}, "r.toml", "rr.db").exit_code, 0);
  EXPECT_EQ(calls_.query(kOutcomes, "rr.db"), calls_.query(kOutcomes));
}

TEST_F(CallsTest, AWholeRunReplaysForNothingWithTheSameOutcomes) {
  Host host(0.2);
  host.plan({.first_command = "date +%N; python3 -c 'import time; print(time.time())'"});  // ever new text
  calls_.write_experiment(host, {"openai", "anthropic"});
  ASSERT_EQ(calls_.run().exit_code, 0);
  const int asked = host.requests;
  calls_.write_replay({"openai", "anthropic"});
  const Ran replayed = calls_.run({}, "r.toml", "r.db");
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(host.requests, asked);
  EXPECT_EQ(calls_.query(kOutcomes, "r.db"), calls_.query(kOutcomes));
  EXPECT_EQ(calls_.query("SELECT sum(cost_pusd) FROM v_call", "r.db"), "0");
  EXPECT_EQ(calls_.query("SELECT DISTINCT price_entry FROM v_call", "r.db"), "replay");
  EXPECT_EQ(calls_.query("SELECT simulated FROM v_run", "r.db"), "0");
  EXPECT_EQ(calls_.query("SELECT count(DISTINCT host) FROM v_call WHERE host LIKE '127.0.0.1%'", "r.db"),
            "1");
}

TEST_F(CallsTest, AnExperimentReplaysItselfFromItsOwnDatabase) {
  Host host;
  calls_.write_experiment(host, {"openai"});
  ASSERT_EQ(calls_.run().exit_code, 0);
  std::string text = read_file(calls_.path("e.toml"));
  const auto at = text.find("provider = \"openai\"");
  text.replace(at, 19, "provider = \"replay\"");  // and nothing else
  write_file(calls_.path("e.toml"), text);
  const Ran ran = calls_.run();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(host.requests, 6);
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_call WHERE price_entry = 'replay'"), "6");
}

TEST_F(CallsTest, ACassetteThatLacksACallSaysWhich) {
  Host host;
  calls_.write_experiment(host, {"openai"});
  ASSERT_EQ(calls_.run({"--attempts", "1"}).exit_code, 0);
  calls_.write_replay({"openai"});
  const Ran replayed = calls_.run({"--attempts", "2"}, "r.toml", "r.db");
  EXPECT_EQ(replayed.exit_code, 3) << replayed.err;
  EXPECT_EQ(calls_.query("SELECT group_concat(outcome || coalesce(error_class, ''), ' ') FROM (SELECT * "
                         "FROM v_trial ORDER BY attempt)", "r.db"),
            "resolved provider_errorcassette_miss");
  EXPECT_THAT(calls_.query("SELECT message FROM try WHERE message IS NOT NULL", "r.db"),
              HasSubstr("turn 1, tier 0, sample 0, retry 0 of hello/openai/2 was not made in run"));
}

TEST_F(CallsTest, ASimulatedCassetteStaysSimulated) {
  const Ran ran = run_weir({"run", kExperiment, "--config", "flash", "--task", "fix-sales-pipeline", "--attempts",
                            "1", "--db", calls_.path("w.db")});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  calls_.write_replay({"flash"});
  (void)calls_.run({"--attempts", "1"}, "r.toml", "r.db");
  EXPECT_EQ(calls_.query("SELECT simulated FROM v_run", "r.db"), "1");
}

TEST_F(CallsTest, OtherPricesAreShownAndNothingIsOverwritten) {
  Host host;
  calls_.write_experiment(host, {"openai"});
  ASSERT_EQ(calls_.run().exit_code, 0);
  const std::string stored = calls_.query("SELECT sum(cost_pusd) FROM v_call");
  const auto repriced = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {"reprice", "--json", "--db", calls_.path("w.db")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return json::parse(run_weir(arguments).out).at("configs").at(0).at("pusd").get<std::int64_t>();
  };
  const auto bill = [&](std::int64_t miss, std::int64_t hit, std::int64_t out) {
    return host.miss * miss + host.hit * hit + host.output * out;
  };
  EXPECT_EQ(repriced({"--scenario", "launch_list"}), bill(1'740'000, 145'000, 3'480'000));
  EXPECT_EQ(repriced({"--scenario", "promotion_2026_05"}), bill(435'000, 3'625, 870'000));
  EXPECT_EQ(repriced({"--scenario", "current_offpeak"}), bill(660'000, 22'000, 1'980'000));
  EXPECT_EQ(repriced({"--scenario", "current_peak"}), bill(1'320'000, 44'000, 3'960'000));
  EXPECT_EQ(repriced({"--at", "2026-10-20T02:00:00Z"}), bill(1'320'000, 44'000, 3'960'000));
  EXPECT_EQ(calls_.query("SELECT sum(cost_pusd) FROM v_call"), stored);
  EXPECT_EQ(run_weir({"reprice", "--scenario", "launch", "--db", calls_.path("w.db")}).exit_code, 2);
  EXPECT_EQ(run_weir({"reprice", "--at", "tuesday", "--db", calls_.path("w.db")}).exit_code, 2);
}

/// Everything under a folder, and everything printed, for a word.
void expect_nowhere(const std::string& word, const Calls& calls, const Ran& ran) {
  EXPECT_EQ(ran.out.find(word), std::string::npos);
  EXPECT_EQ(ran.err.find(word), std::string::npos);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(calls.path(""))) {
    if (!entry.is_regular_file() || entry.path().filename() == "key") continue;
    EXPECT_EQ(read_file(entry.path()).find(word), std::string::npos) << entry.path();
  }
  // Long texts are compressed in the database; Weir shows them.
  for (const char* trial : {"hello/openai/1", "hello/anthropic/2"}) {
    const Ran shown = run_weir({"show", trial, "--turns", "--calls", "--db", calls.path("w.db")});
    EXPECT_EQ(shown.out.find(word), std::string::npos) << trial;
  }
}

TEST_F(CallsTest, AKeyIsNowhereInWhatARunLeavesBehind) {
  Host host;
  host.plan({.first_command =
                 "env; cat /proc/*/environ /proc/*/cmdline; ls -R / 2>/dev/null | head -c 20000"});
  calls_.write_experiment(host, {"openai", "anthropic"});
  const Ran ran = calls_.run();
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  expect_nowhere("secret-key-value", calls_, ran);
  host.plan({.always_status = 401,  // and services quote keys in their errors
             .always_body = R"({"error":{"message":"Incorrect API key provided: secret-key-value"}})"});
  const Ran refused = calls_.run();
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("Incorrect API key provided: [key]"));
  expect_nowhere("secret-key-value", calls_, refused);
}

TEST_F(CallsTest, AModelThatChangesUnderItsNameSplitsTheRun) {
  Host host;
  host.plan({.changes_at = 5});
  calls_.write_experiment(host, {"openai"});
  const Ran ran = calls_.run({"--attempts", "6", "--json"});
  EXPECT_THAT(ran.err, HasSubstr("THE MODEL BEHIND \"openai\" CHANGED"));
  const json report = json::parse(ran.out);
  std::int64_t in_parts = 0;
  for (const auto& part : report.at("parts")) in_parts += part.at(0).at("known_pusd").get<std::int64_t>();
  EXPECT_LE(in_parts, std::stoll(spent(host)));
  EXPECT_TRUE(report.at("split").get<bool>());
  EXPECT_EQ(report.at("parts").size(), 2U);
  EXPECT_TRUE(report.at("configs").empty());
  int trials = report.at("straddling").get<int>();
  for (const auto& part : report.at("parts")) {
    for (const auto& row : part) trials += row.at("headline").at("trials").get<int>();
  }
  EXPECT_EQ(trials, 6);
  EXPECT_EQ(report.at("model_changes").at(0).at("new_fingerprint"), "another build");
  Host same;
  same.plan({.changes_at = 5});
  calls_.write_experiment(same, {"openai"});
  const Ran allowed = calls_.run({"--json", "--allow-model-change"});
  const json whole = json::parse(allowed.out);
  EXPECT_FALSE(whole.at("split").get<bool>());
  EXPECT_EQ(whole.at("configs").size(), 1U);
  EXPECT_EQ(whole.at("model_changes").size(), 1U);
}

TEST_F(CallsTest, TheCanaryIsPaidForAndIsNoTrial) {
  Host host;
  calls_.write_experiment(host, {"openai"}, "", "canary = true\n");
  const Ran ran = calls_.run();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("canary openai: 20 of 20 answers the same"));
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_trial"), "3");
  EXPECT_EQ(calls_.query("SELECT count(*) FROM v_call WHERE trial LIKE '%@canary%'"), "40");
  EXPECT_EQ(calls_.query("SELECT sum(cost_pusd) FROM v_call"),
            std::to_string(host.miss * kMiss + host.hit * kHit + host.output * kOut));
}

TEST_F(CallsTest, ANonceKeepsTrialsFromWarmingEachOther) {
  Host host;
  calls_.write_experiment(host, {"openai"}, "", "cache_nonce = true\n");
  ASSERT_EQ(calls_.run().exit_code, 0);
  calls_.write_replay({"openai"});  // with the nonces of the record, and again
  EXPECT_EQ(calls_.run({}, "r.toml", "r.db").exit_code, 0);
  calls_.write_replay({"openai"}, "r.db");
  EXPECT_EQ(calls_.run({}, "r.toml", "rr.db").exit_code, 0);
  const auto heads = host.heads();
  EXPECT_EQ(heads.size(), 6U);
  EXPECT_EQ(std::set<std::string>(heads.begin(), heads.end()).size(), 3U);  // one per trial
}

TEST_F(CallsTest, AProviderErrorGetsANewTryAndSaysSo) {
  Host host;
  const std::string later = R"({"error":{"message":"come back tomorrow"}})";
  host.plan({.always_status = 429, .always_body = later});
  calls_.write_experiment(host, {"openai"}, "[limits]\nretries = 2\n", "", "retries = 0\n");
  const Ran ran = calls_.run({"--attempts", "1"});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_EQ(host.requests, 3);
  EXPECT_THAT(ran.err, HasSubstr("try 3 begins"));
  EXPECT_EQ(calls_.query("SELECT try || outcome || error_class FROM v_trial"),
            "3provider_errorrate_limit");
  // One that asks for longer than a run can wait is not asked again at all.
  host.requests = 0;
  host.plan({.always_status = 429, .always_body = later, .always_headers = "Retry-After: 80000\r\n"});
  EXPECT_EQ(calls_.run({"--attempts", "1"}).exit_code, 3);
  EXPECT_EQ(host.requests, 1);
}

TEST_F(CallsTest, AnErrorInsideA200MeansWhatItsStatusWouldHave) {
  Host host;
  host.plan({.always_status = 200,
             .always_body = R"({"error":{"message":"Insufficient Balance","code":402}})"});
  calls_.write_experiment(host, {"openai"});
  const Ran broke = calls_.run({"--attempts", "9"});
  EXPECT_EQ(broke.exit_code, 3);
  EXPECT_LE(host.requests, 3);  // those in flight; the run stopped
  EXPECT_GE(std::stoi(calls_.query("SELECT count(*) FROM v_trial WHERE outcome = 'not_run'")), 6);
  calls_.write_replay({"openai"});  // it does not stop at the recorded error, nor run what was not run
  EXPECT_EQ(calls_.run({"--attempts", "9"}, "r.toml", "r.db").exit_code, 3);
  EXPECT_EQ(calls_.query(kOutcomes, "r.db"), calls_.query(kOutcomes));
  host.plan({.always_status = 200,
             .always_body = R"({"error":{"message":"Content Exists Risk","code":400}})"});
  EXPECT_EQ(calls_.run({"--attempts", "1"}, "e.toml", "b.db").exit_code, 0);
  EXPECT_EQ(calls_.query("SELECT outcome || stop_reason FROM v_trial", "b.db"), "agent_limitblocked");
}

TEST_F(CallsTest, TheDoctorAsksEachModelOnce) {
  Host host;
  calls_.write_experiment(host, {"openai", "anthropic"});
  const Ran ran = run_weir({"doctor", "--models", calls_.path("e.toml"), "--json"},
                           {"WEIR_TEST_KEY=secret-key-value"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(host.requests, 2);
  const json findings = json::parse(ran.out).at("findings");
  EXPECT_THAT(findings.at("model openai").dump(), HasSubstr("deepseek-v4-pro"));
  EXPECT_THAT(findings.at("model anthropic").dump(), HasSubstr("pro-flat"));
  host.plan({.always_status = 401, .always_body = R"({"error":{"message":"bad key"}})"});
  EXPECT_EQ(run_weir({"doctor", "--models", calls_.path("e.toml")}, {"WEIR_TEST_KEY=secret-key-value"})
                .exit_code,
            5);
}

TEST_F(CallsTest, BadModelTablesAreNamed) {
  const auto refusal = [&](const std::string& table) {
    write_file(calls_.path("e.toml"), "[experiment]\nsuites = [\"suite\"]\nconfigs = [\"m\"]\n[configs.m]\n"
                                      "tiers = [\"m\"]\n[models.m]\n" + table);
    const Ran ran = calls_.run();
    EXPECT_EQ(ran.exit_code, 2) << table;
    return ran.err;
  };
  EXPECT_THAT(refusal("provider = \"opnai\"\n"), HasSubstr("did you mean \"openai\""));
  EXPECT_THAT(refusal("thinking = \"hihg\"\n"), HasSubstr("did you mean \"high\""));
  EXPECT_THAT(refusal("base_url = \"http://x\"\nmodel = \"m\"\napi_key_env = \"A\"\napi_key_file = \"b\"\n"),
              HasSubstr("give one of"));
  EXPECT_THAT(refusal("api_key = \"sk-1\"\n"), HasSubstr("unknown key"));
  EXPECT_THAT(refusal("base_url = \"http://x\"\nmodel = \"m\"\ntimeouts = { idle = \"0s\" }\n"),
              HasSubstr("idle"));
  EXPECT_THAT(refusal("provider = \"replay\"\n"), HasSubstr("cassette"));  // there is no database yet
  EXPECT_THAT(refusal("provider = \"replay\"\ncassette = \"none.db\"\n"), HasSubstr("no such database"));
  EXPECT_FALSE(std::filesystem::exists(calls_.path("w.db")));
}

}  // namespace
}  // namespace weir
