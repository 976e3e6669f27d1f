#pragma once

#include <nlohmann/json_fwd.hpp>

#include "results/exchange/trial_record.hpp"

namespace weir {

/// A trial as an ATIF 1.7 trajectory, sound by check_atif(). Every call is a step of its
/// own, under the model that served it: a discarded draft is followed by the step that
/// took its place, and `extra.weir.decision` says what became of each (accept, escalate,
/// not_chosen: a vote's other sample, failed). Metrics are the call's, prompt tokens with
/// the cached ones; a total stands in final_metrics only if every call's part is known.
/// What simulated models said is labelled in `notes`, and in `extra.weir.simulated`, which
/// an import keeps. Throws UserError if the record has no texts: an agent that asks no
/// model, an imported or a pruned run.
[[nodiscard]] nlohmann::json atif_of(const TrialRecord& record);

}  // namespace weir
