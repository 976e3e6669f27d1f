#include "runners/box/subordinate.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "runners/process.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace {

constexpr unsigned kNeeded = 65'535;

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  (void)::getpwuid_r(::geteuid(), &entry, buffer, sizeof(buffer), &found);
  return found == nullptr ? std::string() : found->pw_name;
}

/// The first range of `user` (by name or number) large enough; subuid(5).
std::optional<unsigned> range_in(const char* file, const std::string& user) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    const auto colon = line.find(':');
    const std::string owner = line.substr(0, colon);
    unsigned first = 0;
    unsigned count = 0;
    if (colon == std::string::npos || (owner != user && owner != std::to_string(::geteuid())))
      continue;
    if (std::sscanf(line.c_str() + colon, ":%u:%u", &first, &count) == 2 && count >= kNeeded) {
      return first;
    }
  }
  return {};
}

bool installed(const char* program) {
  return run_process({.argv = {program}}).exit_code != 127;
}

void run(const char* program, pid_t pid, unsigned own, unsigned first) {
  const ProcessResult result =
      run_process({.argv = {program, std::to_string(pid), "0", std::to_string(own), "1", "1",
                            std::to_string(first), std::to_string(kNeeded)}});
  if (!result.ok()) throw InfraError(fmt::format("box: {}: {}", program, result.err));
}

}  // namespace

std::optional<Subordinate> Subordinate::find(std::string& why) {
  const std::string user = user_name();
  const auto uids = range_in("/etc/subuid", user);
  const auto gids = range_in("/etc/subgid", user);
  if (!uids || !gids) {
    why =
        "no range of 65,535 ids for this user in /etc/subuid and /etc/subgid (usermod "
        "--add-subuids 100000-165535 --add-subgids 100000-165535 USER)";
  } else if (!installed("newuidmap") || !installed("newgidmap")) {
    why = "newuidmap is not installed (package uidmap)";
  } else {
    return Subordinate{*uids, *gids};
  }
  return {};
}

void Subordinate::map(pid_t pid) const {
  run("newuidmap", pid, ::geteuid(), uids);
  run("newgidmap", pid, ::getegid(), gids);
}

}  // namespace weir::box
