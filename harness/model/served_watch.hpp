#pragma once

#include <algorithm>
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
    std::set<Identity> all;
    Identity last;
    /// A fingerprint nobody gave could be any.
    [[nodiscard]] bool knows(const Identity& identity) const {
      return std::any_of(all.begin(), all.end(), [&](const Identity& other) {
        return other.first == identity.first &&
               (other.second == identity.second || other.second.empty() || identity.second.empty());
      });
    }
  };

  std::function<void(const ModelChange&)> on_change_;
  std::mutex mutex_;
  std::map<std::string, Seen> seen_;  ///< by the experiment's name of the model
};

}  // namespace weir
