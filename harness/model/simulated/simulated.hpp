#pragma once

#include "harness/model/model.hpp"

namespace weir {

/// A model for demos, tests and studies: it walks towards the task's gold
/// solution and errs as real models do, more often the harder the task and the
/// lower its skill. What it does next is a pure function of the task, the seed
/// and the request's history, so that replay and resume need no state of it;
/// only its prefix cache is kept per trial. Time is virtual. Everything it
/// yields is labelled simulated.
[[nodiscard]] std::unique_ptr<Model> make_simulated_model(const ModelSpec& spec, const Task& task,
                                                          std::uint64_t seed);
void check_simulated_model(const ModelSpec& spec);

}  // namespace weir
