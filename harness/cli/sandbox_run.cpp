#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

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

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr const char* kUrl = "WEIR_GATEWAY_URL";
constexpr const char* kToken = "WEIR_GATEWAY_TOKEN";

std::int64_t bytes_of(const char* flag, const std::string& text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) throw UserError(fmt::format("{} {}: not a size; write 512M or 2G", flag, text));
  return *bytes;
}

milliseconds timeout_of(const std::string& text) {
  auto timeout = parse_duration(text);
  if (!timeout) timeout = parse_duration(text + "s");  // a bare number is seconds
  if (!timeout || timeout->count() <= 0) {
    throw UserError(fmt::format("--timeout {}: not a duration; write 90s or 5m", text));
  }
  return *timeout;
}

std::string random_token() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

BoxSpec spec_of(const SandboxRunCommand& command) {
  BoxSpec spec;
  if (!command.rootfs.empty()) spec.base = std::filesystem::absolute(command.rootfs).string();
  if (!command.image.empty()) spec.base = "image:" + command.image;
  spec.container_root = false;
  spec.limits.pids = command.pids;
  if (command.cpus) spec.limits.cpus = command.cpus;
  if (!command.memory.empty()) spec.limits.memory = bytes_of("--memory", command.memory);
  if (!command.disk.empty()) spec.limits.disk = bytes_of("--disk", command.disk);
  if (const auto defect = spec.limits.defect(); !defect.empty()) throw UserError("--" + defect);
  for (const auto& pair : command.read_only) {
    const auto colon = pair.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size()) {
      throw UserError(fmt::format("--ro {}: must be SRC:DST", pair));
    }
    spec.read_only.emplace_back(pair.substr(0, colon), pair.substr(colon + 1));
  }
  if (command.network == "gateway") {
    if (command.gateway.empty()) {
      throw UserError("--network gateway: name what it reaches with --gateway HOST:PORT");
    }
    spec.network = Network::gateway;
    spec.gateway = {command.gateway, random_token()};
  }
  if (command.network == "open") {
    if (command.image.empty()) {
      throw UserError("--network open: needs a container, so give an --image");
    }
    spec.network = Network::open;
  }
  return spec;
}

ExecRequest request_of(const SandboxRunCommand& command, const BoxSpec& spec,
                       const BaseInfo& base) {
  ExecRequest request;
  request.argv = command.command;
  request.cwd = base.workdir.empty() ? "/" : base.workdir;
  if (!command.workdir.empty()) request.cwd = command.workdir;
  if (!base.user.empty()) request.user = base.user;
  request.timeout = timeout_of(command.timeout);
  request.env = base.env;
  request.env.insert({{"PATH", kPath}, {"HOME", "/root"}, {"LANG", "C.UTF-8"}});
  if (spec.network == Network::gateway) {
    request.env[kUrl] = fmt::format("http://127.0.0.1:{}", spec.gateway.port);
    request.env[kToken] = spec.gateway.token;
  }
  for (const auto& pair : command.env) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UserError(fmt::format("--env {}: must be NAME=value", pair));
    }
    request.env[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return request;
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
          {"pids_denied", result.pids_denied},
          {"leftover_processes", result.leftover_processes},
          {"degraded", sandbox.degraded()}};
}

int exit_code_of(const ExecResult& result) {
  switch (result.status) {
    case ExecStatus::exited:
      return result.exit_code;
    case ExecStatus::signaled:
      return 128 + result.signal;
    case ExecStatus::timeout:
      return kTimeout;
    case ExecStatus::oom:
      fmt::print(stderr, "weir: out of memory\n");
      return kOom;
    default:
      fmt::print(stderr, "weir: {} {}\n", name_of(result.status), result.message);
      return kOwnFailure;
  }
}

}  // namespace

int run(const SandboxRunCommand& command) {
  const BoxSpec spec = spec_of(command);
  (void)request_of(command, spec, {});  // what is wrong with the flags comes first
  try {
    const auto sandbox = spec.network == Network::open ? make_oci_sandbox("") : make_box_sandbox();
    ExecRequest request = request_of(command, spec, sandbox->inspect(spec.base));
    if (!command.common.json) {  // its output becomes weir's, whole or not at all
      request.caps.head = static_cast<std::size_t>(request.caps.kill);
    }
    if (command.read_stdin) {
      request.stdin_bytes = std::string(std::istreambuf_iterator<char>(std::cin), {});
    }
    const ExecResult result = sandbox->create(spec)->exec(request);
    if (command.common.json) {
      fmt::print("{}\n", record_of(result, *sandbox).dump(2));
      const bool worked =
          result.status != ExecStatus::box_lost && result.status != ExecStatus::setup_error;
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
