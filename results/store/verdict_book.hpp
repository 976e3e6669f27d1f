#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "results/record.hpp"

namespace weir {

/// A verdict on a diff as it was reached once, enough to report it again.
struct KnownVerdict {
  Outcome outcome = Outcome::invalid;
  std::string message;
  std::vector<std::string> anomalies;
  std::string report;    ///< the official per-instance report, as JSON text; "" if there is none
  std::string test_log;  ///< as the official harness keeps it
  std::string evidence;  ///< how the diff was applied, and the tests' output
  bool applied = true;
  TimePoint at{};
};

/// Verdicts by key: a digest of all they depend on (task, diff, environment, grader), so that a
/// changed diff is never given an old verdict. Opens its own connection to the database. Safe to
/// share between threads.
class VerdictBook {
 public:
  /// Throws UserError or InfraError if the database cannot be written.
  explicit VerdictBook(const std::filesystem::path& database);
  ~VerdictBook();

  [[nodiscard]] std::optional<KnownVerdict> find(const std::string& key) const;
  void keep(const std::string& key, const KnownVerdict& verdict);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
