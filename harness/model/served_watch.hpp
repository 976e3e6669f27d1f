#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "results/record.hpp"

namespace weir {

/// Sees to it that a run's model stays the model it began with. A served id or
/// fingerprint never seen before in the run is a change: it is handed to
/// `on_change`, once, after the call that showed it. Shared by the trials of a
/// run; safe to call from many threads.
class ServedWatch {
 public:
  explicit ServedWatch(std::function<void(const ModelChange&)> on_change)
      : on_change_(std::move(on_change)) {}

  /// Who is known already, when a run is resumed.
  void know(const std::string& model, const std::string& served, const std::string& fingerprint);

  /// Looks at a settled call.
  void observe(const Call& call);

 private:
  using Identity = std::pair<std::string, std::string>;  ///< served id, fingerprint
  struct Seen {
    std::map<std::string, std::set<std::string>> builds;  ///< by served id; named ones only
    Identity last;

    /// Takes note; whether it is somebody new. A fingerprint that was left out
    /// could be any, and the first one named may be who was there all along.
    bool meet(const Identity& identity);
  };

  std::function<void(const ModelChange&)> on_change_;
  std::mutex mutex_;
  std::map<std::string, Seen> seen_;  ///< by the experiment's name of the model
};

}  // namespace weir
