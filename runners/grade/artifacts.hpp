#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "results/record.hpp"
#include "runners/sandbox.hpp"
#include "tasks/terminal_task.hpp"

namespace weir {

// Artifacts: what a task wants kept of the box its agent worked in, and all that a separate
// verifier sees of it. They leave a box through Weir's own file channel, never through its
// programs: whatever an agent put there is copied or left, and told.

/// What all artifacts of one grading may take together.
inline const TreeCaps kArtifactCaps{
    .bytes = std::int64_t{128} << 20, .entries = 20'000, .depth = 32};

/// Where the format has agents put what they want to hand in: always taken, if anything is there.
inline constexpr const char* kHandedIn = "/logs/artifacts";

/// A box that artifacts come from, and what their relative paths are below.
struct ArtifactPlace {
  Box& box;
  std::string workdir;
};

/// The place of a service ("": the agent's own); nullopt if there is none.
using ArtifactPlaces = std::function<std::optional<ArtifactPlace>(const std::string& service)>;

/// Takes `artifacts` out to `folder` on the host, each at its destination, else at its
/// source: one row each, in their order, with a note where something was left. Links, devices
/// and sockets are left, and what would pass kArtifactCaps; of two that claim one place the
/// first is kept.
[[nodiscard]] std::vector<KeptArtifact> take_artifacts(const ArtifactPlaces& place_of,
                                                       const std::vector<Artifact>& artifacts,
                                                       const std::filesystem::path& folder);
/// The same where there is but one box.
[[nodiscard]] std::vector<KeptArtifact> take_artifacts(Box& box,
                                                       const std::vector<Artifact>& artifacts,
                                                       const std::string& workdir,
                                                       const std::filesystem::path& folder);

/// Puts what was taken into a verifier's box, each at its source. What would lie where its
/// tests or its verdict do is not given. Returns what could not be given, and why.
[[nodiscard]] std::vector<std::string> give_artifacts(const std::vector<KeptArtifact>& artifacts,
                                                      const std::filesystem::path& folder,
                                                      Box& box);

/// Keeps what was taken: copies it from `from` to `to` (made where anything is kept; what is
/// there already goes). Rows that could not be kept say so and lose their path.
void keep_artifacts(std::vector<KeptArtifact>& artifacts, const std::filesystem::path& from,
                    const std::filesystem::path& to);

}  // namespace weir
