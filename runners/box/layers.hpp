#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runners/box/descriptor.hpp"
#include "runners/box/scratch.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// One part of a box's root, each an overlay of its own: overlay does not look
/// below mounts, so `host` is "/" over a skeleton and "/usr" over the host's.
struct Piece {
  std::string path;              ///< relative to the root; "" for the root itself
  std::filesystem::path lower;   ///< never written
};

/// A folder with an upper and a work folder per piece ("0u", "0w", "1u", ...).
/// Active while a box writes it, a frozen layer afterwards. Deleted with its
/// last holder.
class Layer {
 public:
  Layer(Scratch& scratch, std::size_t pieces);
  ~Layer();
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path upper(std::size_t piece) const;
  /// Whether anything was written.
  [[nodiscard]] bool empty() const;

 private:
  std::filesystem::path folder_;
  std::size_t pieces_;
};

/// A base and the frozen layers on it, oldest first.
struct LayerStack final : Snapshot {
  std::vector<Piece> pieces;
  std::vector<std::shared_ptr<const Layer>> layers;

  /// Whether a layer that `earlier` does not have touches `path` (absolute).
  [[nodiscard]] bool changed_since(const LayerStack& earlier, const std::string& path) const;
};

/// Mounts `stack` with `active` on top, one detached overlay per piece, ids
/// shifted through the user namespace `userns` whose root is host uid `base`.
/// Layers on disk hold ids 0..65535, so any box can use them. Throws InfraError.
[[nodiscard]] std::vector<Descriptor> mount_stack(const LayerStack& stack, const Layer& active,
                                                  int userns, unsigned base);

/// A detached, read-only, id-shifted clone of a host folder or file.
[[nodiscard]] Descriptor clone_read_only(const std::filesystem::path& path, int userns);

}  // namespace weir::box
