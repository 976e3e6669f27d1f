#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace weir::box {

/// The ranges an ordinary user was given in /etc/subuid and /etc/subgid, usable
/// through newuidmap and newgidmap (package uidmap).
struct Subordinate {
  unsigned uids = 0;  ///< first of 65,535
  unsigned gids = 0;

  /// nullopt with `why` if there is none, or the programs are missing.
  [[nodiscard]] static std::optional<Subordinate> find(std::string& why);

  /// Maps 0 to the caller and 1..65535 to the ranges in a process's new user
  /// namespace. Throws InfraError.
  void map(pid_t pid) const;
};

}  // namespace weir::box
