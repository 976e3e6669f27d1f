#pragma once

#include <memory>
#include <vector>

#include "runners/box/layers.hpp"

namespace weir::box {

/// A run of layers at least this long is made into one: the options of an ordinary
/// user's mount have room for about a hundred, and lookups get dearer with depth.
inline constexpr std::size_t kSquashAt = 64;

/// The same files with fewer layers: each run of adjacent layers on the topmost
/// layer's disk becomes one, its files hard links to theirs. Layers that moved
/// folders stay as they are (their names for what lies below would change). The
/// layers of `stack` are not touched. Throws InfraError.
/// Source: the kernel's Documentation/filesystems/overlayfs.rst.
[[nodiscard]] std::shared_ptr<const LayerStack> squashed(const LayerStack& stack);

}  // namespace weir::box
