#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

// The services that run beside a task's own box, as a compose file declares them: plain values,
// in the order in which they are started. What each starts from is an Environment (task.hpp).

/// Another service, and how far it must have come.
struct ServiceNeed {
  enum class Until { started, healthy, completed };  ///< completed: ended with exit code 0
  std::string service;
  Until until = Until::started;
};

/// What becomes of a service whose process ended.
enum class Restart { never, on_failure, always };

/// Files that boxes share, by the volume's name, and where a box sees them.
struct VolumeMount {
  std::string volume;
  std::string path;
};

/// How a service runs in its box.
struct ServiceRun {
  std::optional<std::vector<std::string>> entrypoint;  ///< words; in place of the image's
  std::optional<std::vector<std::string>> command;     ///< likewise
  Restart restart = Restart::never;
  std::vector<ServiceNeed> needs;
  std::vector<VolumeMount> volumes;
};

}  // namespace weir
