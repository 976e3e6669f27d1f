// A thousand calls with random faults: nothing lost, nothing counted twice, and
// the sums equal the server's own ledger.

#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/model/http_model.hpp"
#include "harness/model/ledger.hpp"
#include "results/store/reader.hpp"
#include "results/store/writer.hpp"
#include "tests/loopback/replies.hpp"
#include "tests/loopback/server.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using loopback::Exchange;
using loopback::Reply;

constexpr int kThreads = 8;
constexpr int kCallsEach = 125;

/// What a server knows it did.
class Host {
 public:
  void serve(Exchange& exchange) {
    Reply reply;
    int fault = 0;
    {
      const std::lock_guard lock(mutex_);
      ++requests;
      fault = pick(0, 29);
      reply.hit = 128 * pick(0, 40);
      reply.miss = pick(1, 5000);
      reply.output = pick(20, 2000);
      reply.text = "answer " + std::to_string(requests);
    }
    const auto events = chat_events(reply);
    switch (fault) {
      case 0: return count(refused, [&] { exchange.reply(429, "{}", "Retry-After: 0.01\r\n"); });
      case 1: return count(refused, [&] { exchange.reply(400, R"({"error":{"message":"bad"}})"); });
      case 2: return count(refused, [&] { exchange.reply(503, "busy"); });
      case 8: return count(unknown, [&] { exchange.reply(500, "oops"); });
      case 3: return count(unknown, [&] { exchange.reset(); });
      case 4: return count(unknown, [&] {
        exchange.begin_stream();
        exchange.chunk(events[0]);
        exchange.chunk(events[1]);
        exchange.hang_up();
      });
      case 5: return count(unknown, [&] { exchange.reply(200, "<html>gateway</html>"); });
      case 6: return count(unknown, [&] {
        exchange.reply(200, R"({"error":{"message":"inside","code":503}})");
      });
      default: break;
    }
    {
      const std::lock_guard lock(mutex_);
      ++answered;
      hit += reply.hit;
      miss += reply.miss;
      output += reply.output;
    }
    exchange.begin_stream();
    std::string all;
    for (const auto& event : events) all += event;
    if (fault == 7) all.resize(all.size() - events.back().size());  // finish and usage, no [DONE]
    for (std::size_t at = 0; at < all.size(); at += 97) exchange.chunk(all.substr(at, 97));
    exchange.end();
  }

  int requests = 0;
  int refused = 0;
  int unknown = 0;
  int answered = 0;
  std::int64_t hit = 0;
  std::int64_t miss = 0;
  std::int64_t output = 0;

 private:
  int pick(int low, int high) { return boost::random::uniform_int_distribution<int>(low, high)(engine_); }
  template <typename Act>
  void count(int& counter, Act&& act) {
    {
      const std::lock_guard lock(mutex_);
      ++counter;
    }
    act();
  }

  std::mutex mutex_;
  boost::random::mt19937 engine_{1};
};

std::int64_t number(const Reader& reader, const std::string& query) {
  return std::stoll(reader.query(query).rows.at(0).at(0).value_or("-1"));
}

TEST(Soak, AThousandCallsWithFaultsAddUp) {
  const TemporaryFolder folder;
  Host host;
  {
    const loopback::Server server([&](Exchange& exchange) { host.serve(exchange); });
    Writer writer(folder / "w.db", false);
    weir::Run run;
    run.id = "r";
    const PriceBook prices = PriceBook::bundled().viewed({parse_time("2026-06-01T00:00:00Z"), ""});
    run.price_book_sha256 = prices.sha256();
    writer.begin_run(run, prices.text(), {}, {});
    Budget budget(std::nullopt);
    std::map<std::string, std::unique_ptr<CallLimiter>> limiters;
    limiters["m"] = make_adaptive_limiter(kThreads);
    ServedWatch served([](const ModelChange&) { ADD_FAILURE() << "the model did not change"; });
    RunControl control;
    const LedgerRoom room{writer, prices, budget, limiters, served, control};
    Watchdog watchdog;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        ModelSpec spec;
        spec.name = "m";
        spec.provider = "openai";
        spec.dialect = "deepseek";
        spec.base_url = server.url();
        spec.model = "deepseek-v4-pro";
        spec.price_host = "api.deepseek.com";
        Trial trial;
        trial.id = "r/t/c/" + std::to_string(t + 1);
        trial.run = "r";
        trial.task = "t";
        trial.config = "c";
        trial.attempt = t + 1;
        Try attempt;
        attempt.trial = trial.id;
        writer.begin_try(trial, attempt);
        writer.begin_segment({trial.id + "#1/s0", trial.id, 1, "", {}, ""});
        std::vector<TierModel> tiers;
        tiers.push_back({spec, make_openai_model(spec)});
        TrialLedger ledger(room, {trial.id, trial.id + "#1/s0", {}}, std::move(tiers), {},
                           {milliseconds(1), milliseconds(5)});
        Deadline deadline(watchdog, {});
        for (int i = 0; i < kCallsEach; ++i) {
          ChatRequest request{{{Role::user, std::to_string(i), "", {}, ""}},
                              nlohmann::json::array(), {}};
          (void)ledger.call(0, request, i + 1, 0, deadline);
        }
      });
    }
  }
  const Reader reader(folder / "w.db");
  EXPECT_GE(host.requests, kThreads * kCallsEach);
  EXPECT_GT(host.unknown, 0);
  EXPECT_EQ(number(reader, "SELECT count(*) FROM v_call"), host.requests);
  EXPECT_EQ(number(reader, "SELECT count(*) FROM v_call WHERE price_entry = 'refused'"), host.refused);
  EXPECT_EQ(number(reader, "SELECT count(*) FROM v_call WHERE cost_pusd IS NULL"), host.unknown);
  EXPECT_EQ(number(reader, "SELECT count(*) FROM v_call WHERE error_class IS NULL"), host.answered);
  EXPECT_EQ(number(reader, "SELECT sum(input_hit) FROM v_call"), host.hit);
  EXPECT_EQ(number(reader, "SELECT sum(input_miss) FROM v_call"), host.miss);
  EXPECT_EQ(number(reader, "SELECT sum(output_total) FROM v_call"), host.output);
  // Pro in June 2026: 0.435 / 0.003625 / 0.87 dollars a million.
  EXPECT_EQ(number(reader, "SELECT sum(cost_pusd) FROM v_call"),
            host.miss * 435'000 + host.hit * 3'625 + host.output * 870'000);
}

}  // namespace
}  // namespace weir
