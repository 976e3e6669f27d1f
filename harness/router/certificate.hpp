#pragma once

#include <map>
#include <string>
#include <vector>

#include "tasks/config_table.hpp"

namespace weir {

/// How often a signal was seen: a mean per turn, and its standard error over tasks.
struct SignalRate {
  double mean = 0;
  double error = 0;
};

/// The [certificate] of a policy, as far as using it needs: what it was made under.
/// Its quality part holds only for what it binds; its cost part is a matter of prices.
struct Certificate {
  bool simulated = false;
  /// What must be as it was: name -> value. Absent names are not bound.
  ///   served (models that answered, sorted, joined by ", "), agent_sha256, redo,
  ///   limits, sandbox, threshold
  std::map<std::string, std::string> binds;
  std::map<std::string, std::string> population;  ///< format, source, filter
  std::string prices_sha256;                      ///< of the entries its cost part used
  std::map<std::string, SignalRate> signals;      ///< on its population, at its threshold
};

/// How a certificate stands where it is used.
struct CertificateStanding {
  std::vector<std::string> broken;        ///< bindings that changed: the certificate is void
  std::vector<std::string> extrapolates;  ///< its tasks are another population
  bool prices_changed = false;            ///< its cost part must be computed anew
  [[nodiscard]] bool holds() const { return broken.empty() && extrapolates.empty(); }
};

/// Throws UserError with file, line and key.
[[nodiscard]] Certificate read_certificate(ConfigTable& table);

/// Holds a certificate against the bindings and the population of a run. A name the
/// run cannot know yet (who will serve) is left out of `now`.
[[nodiscard]] CertificateStanding standing_of(const Certificate& certificate,
                                              const std::map<std::string, std::string>& now,
                                              const std::map<std::string, std::string>& population,
                                              const std::string& prices_sha256);

}  // namespace weir
