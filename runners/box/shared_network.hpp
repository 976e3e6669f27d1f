#pragma once

#include "runners/descriptor.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// A network namespace with a loopback interface and nothing else, for boxes to be cloned into.
/// It belongs to the host's user namespace: no box may change anything in it. Immutable.
struct NetworkNamespace final : SharedNetwork {
  /// Root's alone. Throws InfraError saying what to do.
  NetworkNamespace();

  Descriptor fd;
};

}  // namespace weir::box
