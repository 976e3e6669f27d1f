#include "runners/pod/pod_box.hpp"

#include "tasks/error.hpp"

namespace weir {

void PodBox::restore(const SnapshotPtr& snapshot) {
  if (snapshot != beginning_) {
    throw InfraError("the services beside the box cannot be taken back to the middle of a trial");
  }
  (void)box_->end();  // nothing of it lives on the network that goes
  pod_.restart();
  spec_.from = snapshot;
  box_ = pod_.create(spec_);
}

}  // namespace weir
