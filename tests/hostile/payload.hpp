#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runners/sandbox.hpp"

namespace weir::hostile {

/// What stands on the host for payloads to reach for; all of it must be as it
/// was when they are done.
struct Canary {
  std::filesystem::path folder;  ///< holds "secret", which holds `secret`
  std::string secret;            ///< also in this process's environment and an inherited descriptor
  int tcp_port = 0;              ///< listening on the host's 127.0.0.1
  std::string abstract_socket;   ///< name, listening
  std::filesystem::path path_socket;
  int shm_id = -1;        ///< System V
  std::string posix_shm;  ///< name below /dev/shm
  pid_t victim = -1;      ///< a process of ours

  /// What of it changed, or was contacted; "" if nothing.
  [[nodiscard]] std::string harm() const;
};

/// One try of one payload, for its verdict.
struct Attempt {
  Sandbox& sandbox;
  const Canary& canary;
  Box& box;
  ExecResult result;  ///< of the payload's script

  ExecResult run(const std::string& script, milliseconds timeout = milliseconds(20'000)) const;
};

/// A bounded attack, and the observation that proves it held.
struct Payload {
  std::string id;
  std::string title;
  std::string script;  ///< bash; "" if the verdict acts itself
  std::function<std::string(Attempt&)> verdict =
      {};  ///< "" = held, else what was seen; none: `says_held`
  milliseconds timeout{20'000};
  std::function<void(BoxSpec&)> adjust = {};
};

/// The script's whole output was "HELD".
[[nodiscard]] std::string says_held(Attempt& attempt);
/// A Python payload: `body` calls `refused(what, (result, errno))` or `broken(what)`.
[[nodiscard]] std::string python(const std::string& body);

[[nodiscard]] std::vector<Payload> escapes(const Canary& canary);
[[nodiscard]] std::vector<Payload> kernel_doors();
[[nodiscard]] std::vector<Payload> exhaustions();
[[nodiscard]] std::vector<Payload> nuisances();
[[nodiscard]] std::vector<Payload> forgeries(const Canary& canary);

}  // namespace weir::hostile
