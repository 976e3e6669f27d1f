#pragma once

#include <string>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

/// A trusted program on the host: git, podman. Never an agent's command.
struct ProcessRequest {
  std::vector<std::string> argv = {};  ///< argv[0] is searched in PATH
  std::string cwd = {};           ///< "" = the caller's
  std::vector<std::string> env = {};  ///< NAME=value, added to the caller's environment
  std::string input = {};
  milliseconds timeout{120'000};
  std::size_t output_cap = std::size_t{64} << 20;
};

struct ProcessResult {
  int exit_code = 0;  ///< 128 + n for signal n; 127: no such program, 126: not started
  bool timed_out = false;
  std::string out;
  std::string err;

  [[nodiscard]] bool ok() const { return exit_code == 0 && !timed_out; }
};

/// Runs a program to its end, or kills its whole process group at the timeout.
/// Safe to call from many threads.
[[nodiscard]] ProcessResult run_process(const ProcessRequest& request);

}  // namespace weir
