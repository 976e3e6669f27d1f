#pragma once

#include <string>
#include <vector>

#include "runners/grade/grader.hpp"

namespace weir {

/// What an agent laid where Python and pytest look without being told to. None of it replaces a
/// program, so verdict_machinery does not see it.
struct PlantedPython {
  std::vector<std::string> steering;  ///< runs in the verifier: a pass beside it proves nothing
  std::vector<std::string> told;      ///< could have run in it, and may be the work itself
};

/// Between the environment and the state an agent left, for a verifier with these shell scripts
/// whose tests lie in /tests:
/// - pytest's configuration and conftest.py in `/`, the one folder above the tests;
/// - in the folders that Python finds packages in (the user's own too): .pth files, packages that
///   pytest consists of, plugins that pytest would load (where an agent had a network, some of
///   these come with what it may well have been asked to install, and are told);
/// - in the working folder and `/`, where a script starts Python so that it looks there first
///   (`python -m`, `-c`, a script on stdin): modules named as those of the runner and the library.
/// What the instruction names is the work, and told. A virtual environment of the agent's own
/// steers nobody who does not run it. Throws InfraError.
[[nodiscard]] PlantedPython planted_python(const SnapshotPtr& final,
                                           const std::vector<std::string>& scripts,
                                           const AgentTask& task, const GradingRoom& room);

}  // namespace weir
