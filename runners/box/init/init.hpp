#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "runners/box/packet.hpp"
#include "runners/box/protocol.hpp"

// One static program with four faces. As the spawner it waits, small and with
// an empty environment, for the harness's word and clones itself into fresh
// namespaces: no exec, and no copy of the harness's page tables. The clone is a
// box's pid 1: it sets up the mounts, confines itself, runs commands, reaps, and
// reports, over a socket no command ever holds; nothing in the box can read its
// memory. As `--container SOCKET` it is the pid 1 of a container that a runtime
// made; as `--screen` it draws what a program wrote to its terminal. A box ends when the harness
// closes its socket or the spawner dies.

namespace weir::box {

/// Texts from a memfd, NUL-separated; walked front to back.
struct Blob {
  char* data = nullptr;
  std::size_t size = 0;
  std::size_t at = 0;

  /// Reads the whole descriptor. data is nullptr on failure.
  static Blob read(int fd);
  /// The blob a message came with; notes it if there is none. Closes what came.
  static Blob of(Attached& attached, Reply& reply);
  /// The next text; "" past the end.
  char* next();
  void release();
};

/// The spawner's loop; returns when the harness is gone.
int serve_spawner();

/// Draws a terminal's screen for the harness on kSocket until it is gone.
int draw_screen(int rows, int columns);

/// Pid 1's loop on kSocket; returns when the harness is gone.
int serve_box();

/// Takes on the box's root identity: ids, keyring, no dumps, death with the spawner.
void become_root(Reply& reply);

/// Assembles the root file system and enters it. On failure fills reply.error
/// and reply.step.
void set_up(const Request& request, const Attached& attached, Blob& blob, Reply& reply);

/// What commands are given and held to. Init itself stays outside their memory
/// and processor groups and limits: it must be able to end them.
struct Grants {
  Request setup;
  int groups[kMaxDescriptors];  ///< `tasks` files to join, or one v2 group to be cloned into
  void* filter = nullptr;       ///< seccomp program
  unsigned short filter_length = 0;
  bool filtered = false;  ///< init itself is under the filter, and so what it forks
};

/// Takes from init what no command may have by any way: capabilities in the
/// bounding set, privileges by exec. Keeps in `grants` what commands need.
void confine(const Request& setup, const Attached& attached, Grants& grants, Reply& reply);

/// Forks into the commands' control groups. As fork(2).
pid_t fork_into_groups(const Grants& grants);

/// In the forked command, last before its user is taken on: limits. False on failure.
void limit_resources(const Grants& grants);
/// The system call filter, where init is not under it yet. False on failure.
bool install_filter(const Grants& grants);

/// Forks the command of an exec request; -1 with reply.error on failure.
pid_t start_command(const Request& request, const Attached& attached, const Grants& grants,
                    Reply& reply);

/// Forks a command on a new pty and returns its master; -1 on failure.
int start_terminal(const Request& request, const Attached& attached, const Grants& grants,
                   Reply& reply);

/// open, folder and link requests: returns the descriptor to send, or -1. Links
/// are resolved within the box, never into /proc or the like.
int handle_files(const Request& request, Blob& blob, Reply& reply);

/// Notes which step failed with errno; returns false.
bool failed(Reply& reply, const char* step);

}  // namespace weir::box
