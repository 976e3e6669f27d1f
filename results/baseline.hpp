#pragma once

#include <string>
#include <vector>

#include "results/gate.hpp"
#include "results/record.hpp"

namespace weir {

/// A pinned anchor: what nights are compared with until somebody pins another. It
/// never follows accepted nights: one that does can sink unnoticed.
struct Baseline {
  std::string name;
  TimePoint pinned_at{};
  GateRules rules;
  std::string weir_version;
  std::vector<std::string> runs;  ///< ids; their trials are pooled
};

/// One look of the alpha ledger: a stream (suite, config) of a baseline, on one night.
struct GateLook {
  std::string baseline;
  std::string suite;
  std::string config;
  std::string run;
  TimePoint at{};  ///< when the run started
  NightLook look;
  double log_evidence = 0;  ///< after this look
  GateVerdict verdict = GateVerdict::inconclusive;
};

}  // namespace weir
