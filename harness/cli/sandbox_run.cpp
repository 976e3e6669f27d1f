#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "runners/sandbox.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"
#include "tasks/units.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

// Exit codes of `weir sandbox run`, its own contract.
constexpr int kTimeout = 124;
constexpr int kOwnFailure = 125;
constexpr int kOom = 137;

ExecRequest request_of(const SandboxRunCommand& command) {
  ExecRequest request;
  request.argv = command.command;
  request.cwd = command.workdir;
  auto timeout = parse_duration(command.timeout);
  if (!timeout) timeout = parse_duration(command.timeout + "s");  // a bare number is seconds
  if (!timeout) throw UserError(fmt::format("--timeout {}: not a duration", command.timeout));
  request.timeout = *timeout;
  request.env = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                 {"HOME", "/root"},
                 {"LANG", "C.UTF-8"}};
  for (const auto& pair : command.env) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UserError(fmt::format("--env {}: must be NAME=value", pair));
    }
    request.env[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  if (command.read_stdin) {
    request.stdin_bytes = std::string(std::istreambuf_iterator<char>(std::cin), {});
  }
  return request;
}

BoxSpec spec_of(const SandboxRunCommand& command) {
  BoxSpec spec;
  spec.base = command.rootfs;
  spec.container_root = false;
  spec.limits.pids = command.pids;
  if (!command.memory.empty()) {
    spec.limits.memory = parse_bytes(command.memory);
    if (!spec.limits.memory) throw UserError(fmt::format("--memory {}: not a size", command.memory));
  }
  for (const auto& pair : command.read_only) {
    const auto colon = pair.find(':');
    if (colon == std::string::npos) throw UserError(fmt::format("--ro {}: must be SRC:DST", pair));
    spec.read_only.emplace_back(pair.substr(0, colon), pair.substr(colon + 1));
  }
  return spec;
}

json record_of(const ExecResult& result, const Sandbox& sandbox) {
  return {{"status", name_of(result.status)},
          {"exit_code", result.status == ExecStatus::exited ? json(result.exit_code) : json()},
          {"signal", result.status == ExecStatus::signaled ? json(result.signal) : json()},
          {"wall_ms", result.wall.count()},
          {"cpu_user_ms", result.cpu_user.count()},
          {"cpu_sys_ms", result.cpu_sys.count()},
          {"memory_peak_bytes", result.memory_peak ? json(*result.memory_peak) : json()},
          {"stdout", to_utf8(result.out.bytes)},
          {"stderr", to_utf8(result.err.bytes)},
          {"stdout_bytes", result.out.total},
          {"stderr_bytes", result.err.total},
          {"stdout_truncated", result.out.truncated},
          {"stderr_truncated", result.err.truncated},
          {"leftover_processes", result.leftover_processes},
          {"degraded", sandbox.degraded()}};
}

int exit_code_of(const ExecResult& result) {
  switch (result.status) {
    case ExecStatus::exited: return result.exit_code;
    case ExecStatus::signaled: return 128 + result.signal;
    case ExecStatus::timeout: return kTimeout;
    case ExecStatus::oom: fmt::print(stderr, "weir: out of memory\n"); return kOom;
    default:
      fmt::print(stderr, "weir: {} {}\n", name_of(result.status), result.message);
      return kOwnFailure;
  }
}

}  // namespace

int run(const SandboxRunCommand& command) {
  const ExecRequest request = request_of(command);
  const BoxSpec spec = spec_of(command);
  try {
    const auto sandbox = make_box_sandbox();
    const ExecResult result = sandbox->create(spec)->exec(request);
    if (command.common.json) {
      fmt::print("{}\n", record_of(result, *sandbox).dump(2));
      const bool worked = result.status != ExecStatus::box_lost &&
                          result.status != ExecStatus::setup_error;
      return worked ? kOk : kOwnFailure;
    }
    std::fwrite(result.out.bytes.data(), 1, result.out.bytes.size(), stdout);
    std::fwrite(result.err.bytes.data(), 1, result.err.bytes.size(), stderr);
    return exit_code_of(result);
  } catch (const InfraError& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return kOwnFailure;
  }
}

}  // namespace weir::cli
