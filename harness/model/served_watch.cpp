#include "harness/model/served_watch.hpp"

namespace weir {

void ServedWatch::know(const std::string& model, const std::string& served,
                       const std::string& fingerprint) {
  const std::lock_guard lock(mutex_);
  Seen& seen = seen_[model];
  seen.last = {served, fingerprint};
  seen.all.insert(seen.last);
}

void ServedWatch::observe(const Call& call) {
  if (call.served_model.empty() || call.replayed || !call.error_class.empty()) return;
  const Identity now{call.served_model, call.fingerprint};
  ModelChange change;
  {
    const std::lock_guard lock(mutex_);
    Seen& seen = seen_[call.model];
    const bool first = seen.all.empty();
    const bool known = seen.knows(now);
    const Identity before = std::exchange(seen.last, now);
    seen.all.insert(now);
    if (known || first) return;
    change = {call.trial.substr(0, call.trial.find('/')),
              call.model, call.id, call.started_at,
              before.first, before.second, now.first, now.second, false};
  }
  on_change_(change);
}

}  // namespace weir
