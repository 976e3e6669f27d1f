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

/// The turns a trial of the cassette took; none if it has no such trial.
[[nodiscard]] std::vector<Turn> cassette_turns(const ModelSpec& spec, const std::string& trial);

}  // namespace weir
