#pragma once

#include <nlohmann/json_fwd.hpp>
#include <map>
#include <optional>
#include <string>

#include "tasks/units.hpp"

namespace weir {

/// How long a call may wait for what. Comments and blank lines are not payload.
struct CallTimers {
  milliseconds connect{30'000};
  milliseconds first_payload{600'000};  ///< services queue for up to ten minutes
  milliseconds idle{180'000};           ///< between payloads
  milliseconds total{1'800'000};
};

/// A model as the experiment names it: the [models.NAME] table.
struct ModelSpec {
  std::string name;
  std::string provider;  ///< openai | anthropic | replay | simulated
  std::string dialect = "generic";
  std::string base_url;
  std::string model;     ///< requested id
  std::string api_key_env;
  std::string api_key_file;
  std::string api_key_command;
  std::string ca_file;   ///< certificates to trust in place of the machine's
  std::string thinking = "high";  ///< off | high | max
  bool stream = true;
  bool logprobs = false;  ///< ask for log probabilities; chat completions only
  int max_tokens = 32768;
  std::optional<std::int64_t> context_window;  ///< tokens, prompt and answer; unknown if not said
  int in_flight = 64;
  int retries = 5;  ///< of one request, after failures that may pass
  std::optional<double> tokens_per_second;  ///< in and out, over all trials
  CallTimers timers;
  std::string price_host;  ///< default: the host of base_url
  std::string price_as;    ///< default: what served
  double skill = 0.7;      ///< simulated: in [0,1]
  double speed = 100;      ///< simulated: output tokens a second
  std::map<std::string, double> skill_at;  ///< simulated: by declared difficulty, over `skill`
  double poison = 0;          ///< simulated: see simulated/behaviour.hpp
  double doubt = 0;           ///< likewise
  double cache_survival = 1;  ///< simulated: chance that the cache outlives the time to the next call
  std::string cassette;      ///< replay: a database
  std::string cassette_run;  ///< replay: one of its runs, whole id
  bool cassette_simulated = false;

  /// Its answers are not those of a real model, now or when they were recorded.
  [[nodiscard]] bool simulated() const {
    return provider == "simulated" || cassette_simulated;
  }
  /// Answers cost nothing and take no time: simulated or replayed.
  [[nodiscard]] bool free() const { return provider == "simulated" || provider == "replay"; }
  /// Host of base_url, or the provider's name where there is none.
  [[nodiscard]] std::string host() const;
  /// The record stored with a run. Names where a key comes from, never the key.
  [[nodiscard]] nlohmann::json to_json() const;
};

}  // namespace weir
