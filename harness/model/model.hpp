#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "harness/model/chat.hpp"
#include "harness/model/model_spec.hpp"
#include "tasks/task.hpp"

namespace weir {

/// What a call is made for: its place in the run, cancellation.
struct CallContext {
  std::string trial;  ///< RUN/TASK/CONFIG/ATTEMPT
  int turn = 0;
  int tier = 0;
  int sample = 0;
  int retry = 0;
  int segment = 0;  ///< restarts of the trial before it
  std::string request_sha256 = {};
  std::stop_token stop = {};
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
  /// Another of its kind in the same state, for a trajectory that parts from this one.
  [[nodiscard]] virtual std::unique_ptr<Model> clone() const = 0;
};

/// Makes the model for one trial and tier. Only the simulated provider looks at
/// the task (it needs Hidden) and the seed.
[[nodiscard]] std::unique_ptr<Model> make_model(const ModelSpec& spec, const Task& task,
                                                std::uint64_t seed);

/// Throws UserError if the spec names an unknown provider or dialect, or if its
/// key is missing. Checked once, before a run starts.
void check_model(const ModelSpec& spec);

/// The names of the providers.
[[nodiscard]] std::vector<std::string> provider_names();

}  // namespace weir
