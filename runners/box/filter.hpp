#pragma once

#include "runners/descriptor.hpp"

namespace weir::box {

/// The seccomp program for commands, as sock_filter structs in a memfd. Allows
/// by default and refuses what namespaces do not cover: kernel modules, keys,
/// bpf, perf, io_uring, userfaultfd, new user namespaces, vsock and packet
/// sockets, terminal input injection, foreign ABIs. Throws InfraError.
[[nodiscard]] Descriptor make_filter();

}  // namespace weir::box
