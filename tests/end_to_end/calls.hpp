#pragma once

#include <atomic>
#include <boost/random/mersenne_twister.hpp>
#include <mutex>
#include <string>

#include "tests/end_to_end/weir.hpp"
#include "tests/loopback/replies.hpp"
#include "tests/loopback/server.hpp"

namespace weir {

/// A host of both APIs that solves `hello` (write hello to hello.txt) in two
/// turns, keeps a ledger of its own, and misbehaves as often as it is told.
class Host {
 public:
  explicit Host(double fault_share = 0) : fault_share_(fault_share) {}

  std::atomic<int> requests{0};
  std::atomic<int> refused{0};    ///< turned away: free
  std::atomic<int> unknown{0};    ///< failed after it was accepted: nobody can say what it cost
  std::atomic<std::int64_t> hit{0};
  std::atomic<std::int64_t> miss{0};
  std::atomic<std::int64_t> output{0};

  struct Plan {
    /// What the first turn runs, beside writing the file.
    std::string first_command = "true";
    /// From this request on, another build answers.
    int changes_at = 1 << 30;
    /// Answers every request with this status and body instead, if set.
    int always_status = 0;
    std::string always_body = {};
    std::string always_headers = {};
  };
  void plan(Plan plan) {
    const std::lock_guard lock(mutex_);
    plan_ = std::move(plan);
  }

  /// Prompts as they came, first messages only.
  [[nodiscard]] std::vector<std::string> heads();

  [[nodiscard]] std::string url() const { return server_.url(); }

 private:
  void serve(loopback::Exchange& exchange);
  [[nodiscard]] bool misbehave(loopback::Exchange& exchange, int request);
  [[nodiscard]] loopback::Reply reply_to(const nlohmann::json& body, int request, const Plan& plan);
  [[nodiscard]] Plan current_plan() {
    const std::lock_guard lock(mutex_);
    return plan_;
  }

  double fault_share_;
  std::mutex mutex_;
  Plan plan_;
  std::vector<std::string> heads_;
  loopback::Server server_{[this](loopback::Exchange& exchange) { serve(exchange); }};
};

/// A scratch folder with the suite `hello`, and experiments over it.
class Calls {
 public:
  Calls();

  /// Writes e.toml: one arm per provider in `providers`, named like it.
  void write_experiment(const Host& host, const std::vector<std::string>& providers,
                        const std::string& more = "", const std::string& in_experiment = "",
                        const std::string& in_model = "");
  /// Writes r.toml: the same arms, replayed from this folder's database.
  void write_replay(const std::vector<std::string>& arms, const std::string& cassette = "w.db");

  [[nodiscard]] Ran run(const std::vector<std::string>& more = {}, const std::string& file = "e.toml",
                        const std::string& db_name = "w.db") const;
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string query(const std::string& text, const std::string& db_name = "w.db") const {
    return sql(path(db_name), text);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace weir
