#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/end_to_end/weir.hpp"
#include "tests/loopback/replies.hpp"
#include "tests/loopback/server.hpp"

namespace weir {

/// What a scripted model is asked: who, how many answers its history holds, and how
/// often the same was asked before (votes).
struct Asked {
  std::string model;
  int turn = 1;  ///< of this history, from 1
  int sample = 0;
  std::string last = {};  ///< what the last message says
};

/// Real trials against a server that answers by a script: a command, or with `in_text` a text;
/// "" says something and calls no tool.
class Scripted {
 public:
  using Script = std::function<std::string(const Asked&)>;
  explicit Scripted(Script script) : script_(std::move(script)) {}

  /// Another file of the task's environment, beside an empty work folder.
  void add_file(const std::string& path, const std::string& text) { files_[path] = text; }
  /// The verifier's script, of which exit 0 resolves.
  void verify(const std::string& script) { verifier_ = script; }
  void visible_tests(const std::string& command) { visible_ = command; }
  /// Another file of the verifier's.
  void add_hidden(const std::string& path, const std::string& text) { hidden_[path] = text; }

  /// Runs one config: `policy` is a policy file's text, or "" for `in_config` alone.
  Ran run(const std::string& policy, const std::string& in_config = "",
          const std::string& in_limits = "");
  /// One cell of the last run's database.
  [[nodiscard]] std::string query(const std::string& text) const {
    return sql(folder_ / "w.db", text);
  }
  /// The tiers of the accepted turns, in order: "0010".
  [[nodiscard]] std::string tiers() const;
  /// "turn.phase rule mode undo" of each escalation, separated by "; ".
  [[nodiscard]] std::string escalations() const;
  /// The messages of every request, in order of arrival, by model.
  [[nodiscard]] std::vector<nlohmann::json> requests(const std::string& model);
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  std::vector<std::string> models = {"flash", "pro"};
  int attempts = 1;
  int turns = 20;
  int jobs = 1;
  bool in_text = false;
  std::size_t most_messages = 1000;  ///< a longer prompt is refused as too long
  std::string in_models;             ///< more keys of each model

 private:
  void serve(loopback::Exchange& exchange);
  void write_task();
  void write_experiment(const std::string& policy, const std::string& in_config,
                        const std::string& in_limits);

  Script script_;
  TemporaryFolder folder_;
  std::map<std::string, std::string> files_;
  std::map<std::string, std::string> hidden_;
  std::string verifier_ = "true";
  std::string visible_;
  std::mutex mutex_;
  std::map<std::string, std::vector<nlohmann::json>> requests_;
  std::map<std::string, int> seen_;  ///< how often a prompt came
  loopback::Server server_{[this](loopback::Exchange& exchange) { serve(exchange); }};
};

}  // namespace weir
