#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
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

/// A trusted program on the host that is spoken to line by line. Dies with this
/// object, its whole process group with it. Belongs to the thread that made it.
class Conversation {
 public:
  /// Starts `request.argv`; `input` and `timeout` are not used.
  explicit Conversation(const ProcessRequest& request);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// Sends one line. False if nobody took it within `timeout`, or before `stop`.
  [[nodiscard]] bool say(std::string_view line, milliseconds timeout, const std::stop_token& stop);
  /// The next line, without its end. nullopt if none came within `timeout`, or before
  /// `stop`; if the program ended, or the line is longer than the request's output cap.
  [[nodiscard]] std::optional<std::string> hear(milliseconds timeout, const std::stop_token& stop);
  /// Whether there is something to hear now.
  [[nodiscard]] bool spoke();
  /// Whether the program has ended, and its exit code as in ProcessResult.
  [[nodiscard]] std::optional<int> ended();
  /// What it wrote to stderr, the beginning of it.
  [[nodiscard]] std::string errors();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
