#pragma once

#include "runners/pod/pod.hpp"
#include "runners/wrapped_box.hpp"

namespace weir {

/// The box of whoever acts, among services that no snapshot holds: what can be taken back of it
/// is taken back with them, which is its beginning alone. Owned by one thread; the pod outlives
/// it.
class PodBox final : public WrappedBox {
 public:
  /// `beginning`: the files before anybody acted. Throws InfraError.
  PodBox(Pod& pod, BoxSpec spec, SnapshotPtr beginning)
      : WrappedBox(pod.create(spec)),
        pod_(pod),
        spec_(std::move(spec)),
        beginning_(std::move(beginning)) {}

  /// Null, as where processes are alive.
  SnapshotPtr snapshot() override { return nullptr; }
  /// To the beginning, and the services to theirs. Throws InfraError for any other.
  void restore(const SnapshotPtr& snapshot) override;

 private:
  Pod& pod_;
  BoxSpec spec_;
  SnapshotPtr beginning_;
};

}  // namespace weir
