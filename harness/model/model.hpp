#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "harness/model/chat.hpp"
#include "tasks/task.hpp"

namespace weir {

/// A model as the experiment names it: the [models.NAME] table.
struct ModelSpec {
  std::string name;
  std::string provider;  ///< openai | simulated
  std::string dialect = "deepseek";
  std::string base_url;
  std::string model;     ///< requested id
  std::string api_key_env;
  std::string api_key_file;
  std::string api_key_command;
  std::string thinking = "high";  ///< off | high | max
  int max_tokens = 32768;
  int in_flight = 64;
  std::string price_host;  ///< default: the host of base_url
  std::string price_as;    ///< default: what served
  double skill = 0.7;      ///< simulated: in [0,1]
  double speed = 100;      ///< simulated: output tokens a second

  [[nodiscard]] bool simulated() const { return provider == "simulated"; }
  /// Host of base_url, or "simulated".
  [[nodiscard]] std::string host() const;
  /// The record stored with a run. Names where a key comes from, never the key.
  [[nodiscard]] nlohmann::json to_json() const;
};

/// What a call is made for: seeds, deadline, cancellation.
struct CallContext {
  std::string trial;
  int turn = 0;
  int tier = 0;
  int sample = 0;
  int retry = 0;
  std::stop_token stop;
};

/// A model that answers. Made per trial and tier; one thread at a time.
class Model {
 public:
  virtual ~Model() = default;
  /// Answers, or says how it failed. Never throws for what a service does.
  [[nodiscard]] virtual Completion complete(const ChatRequest& request,
                                            const CallContext& context) = 0;
  /// A recorded answer was used for this request instead of asking: stateful
  /// providers (the simulated cache) keep in step.
  virtual void replayed(const ChatRequest&, const Completion&) {}
};

/// Makes the model for one trial and tier. Only the simulated provider looks at
/// the task (it needs Hidden) and the seed.
[[nodiscard]] std::unique_ptr<Model> make_model(const ModelSpec& spec, const Task& task,
                                                std::uint64_t seed);

/// Throws UserError if the spec names an unknown provider or dialect, or if its
/// key is missing. Checked once, before a run starts.
void check_model(const ModelSpec& spec);

}  // namespace weir
