#pragma once

#include <string>
#include <vector>

#include "runners/box/layers.hpp"

namespace weir::box {

/// Root's way: mounts `stack` with `active` on top, one detached overlay per
/// piece, ids shifted through the user namespace `userns` whose root is host uid
/// `base`. Layers on disk hold ids 0..65535, so any box can use them. Throws
/// InfraError.
[[nodiscard]] std::vector<Descriptor> mount_stack(const LayerStack& stack, const Layer& active,
                                                  int userns, unsigned base, bool set_id);

/// A detached, read-only, id-shifted clone of a host folder or file.
[[nodiscard]] Descriptor clone_read_only(const std::filesystem::path& path, int userns);

/// A detached, writable, id-shifted clone of a folder whose files have a box's own ids, 0 to 65535.
/// Throws InfraError.
[[nodiscard]] Descriptor clone_writable(const std::filesystem::path& path, int userns);

/// An ordinary user's way: the options with which init mounts one piece itself.
/// Throws InfraError where they would be too long for the kernel.
[[nodiscard]] std::string overlay_options(const LayerStack& stack, const Layer& active,
                                          std::size_t piece);

}  // namespace weir::box
