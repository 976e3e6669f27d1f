#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runners/box/init/init.hpp"

namespace weir::box {
namespace {

/// Connects kSocket to the harness's socket, which accepts one connection only.
bool connect_container(const char* path) {
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (fd < 0 || strlen(path) >= sizeof(address.sun_path)) return false;
  strcpy(address.sun_path, path);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return false;
  if (fd == kSocket) return true;
  return dup3(fd, kSocket, O_CLOEXEC) == kSocket && close(fd) == 0;
}

}  // namespace
}  // namespace weir::box

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "--container") == 0) {
    return weir::box::connect_container(argv[2]) ? weir::box::serve_box() : 1;
  }
  if (argc == 4 && strcmp(argv[1], "--screen") == 0) {
    return weir::box::draw_screen(atoi(argv[2]), atoi(argv[3]));
  }
  return weir::box::serve_spawner();
}
