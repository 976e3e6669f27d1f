#include "runners/box/shared_network.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "runners/box/cgroup.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace {

bool bring_loopback_up() {
  const Descriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return fd && ::ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0;
}

/// What a box's root may do in a network of its own by capabilities it has there: listen on
/// any port, and ping.
bool open_to_boxes() {
  return write_control("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0") &&
         write_control("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
}

}  // namespace

NetworkNamespace::NetworkNamespace() {
  int cause = 0;
  std::thread([&] {  // a namespace of one thread, which goes with it but for the descriptor
    const bool made = ::unshare(CLONE_NEWNET) == 0 && bring_loopback_up() && open_to_boxes();
    cause = made ? 0 : errno;
    if (made) fd.reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (made && !fd) cause = errno;
  })
      .join();
  if (fd) return;
  throw InfraError(
      fmt::format("box: a network for several boxes: {}; it needs root, or [sandbox] "
                  "backend = \"oci\"",
                  std::strerror(cause)));
}

}  // namespace weir::box
