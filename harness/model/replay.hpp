#pragma once

#include <memory>
#include <vector>

#include "harness/model/model.hpp"

namespace weir {

// Any run is a cassette. The key of a call is its place (task, config, attempt,
// turn, tier, sample, retry); the request's hash verifies it.

/// A model that answers from the run the spec names, at no cost and in no time.
/// A call the run did not make, or made for another request, fails with
/// cassette_miss, which no retry mends.
[[nodiscard]] std::unique_ptr<Model> make_replay_model(const ModelSpec& spec);
void check_replay_model(const ModelSpec& spec);

/// Finds the cassette a replay spec names and fills in its run and whether that
/// was simulated. Throws UserError if there is no such database or run.
void open_cassette(ModelSpec& spec, const std::string& run);

/// What a cassette holds of a trial beside its calls. One it lacks counts as run:
/// its first call will say what is missing.
struct CassetteTrial {
  std::vector<Turn> turns;
  std::string nonce;    ///< at the head of its prompt, or ""
  bool was_run = true;
};
[[nodiscard]] CassetteTrial cassette_trial(const ModelSpec& spec, const std::string& trial);

}  // namespace weir
