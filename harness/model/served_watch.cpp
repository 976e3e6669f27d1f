#include "harness/model/served_watch.hpp"

namespace weir {

void ServedWatch::know(const std::string& model, const std::string& served,
                       const std::string& fingerprint) {
  const std::lock_guard lock(mutex_);
  (void)seen_[model].meet({served, fingerprint});
}

bool ServedWatch::Seen::meet(const Identity& identity) {
  const auto& [served, fingerprint] = identity;
  const bool first = builds.empty();
  const auto known = builds.find(served);
  bool is_new = known == builds.end();
  if (!is_new && !fingerprint.empty()) {
    is_new = !known->second.empty() && known->second.count(fingerprint) == 0;
  }
  auto& named = builds[served];
  if (!fingerprint.empty()) named.insert(fingerprint);
  last = identity;
  return is_new && !first;
}

void ServedWatch::observe(const Call& call) {
  if (call.served_model.empty() || call.replayed || !call.error_class.empty()) return;
  const Identity now{call.served_model, call.fingerprint};
  ModelChange change;
  {
    const std::lock_guard lock(mutex_);
    Seen& seen = seen_[call.model];
    const Identity before = seen.last;
    if (!seen.meet(now)) return;
    change = {call.trial.substr(0, call.trial.find('/')),
              call.model, call.id, call.started_at,
              before.first, before.second, now.first, now.second, false};
  }
  on_change_(change);
}

}  // namespace weir
