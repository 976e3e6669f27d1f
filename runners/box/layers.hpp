#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runners/box/disk.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// One part of a box's root, each an overlay of its own: overlay does not look
/// below mounts, so `host` is "/" over a skeleton and "/usr" over the host's.
struct Piece {
  std::string path;                           ///< relative to the root; "" for the root itself
  std::vector<std::filesystem::path> lowers;  ///< never written; top first, an image has many
};

/// Whether overlay marked a folder of an upper ("opaque", "redirect"): "trusted."
/// where root mounts, "user." where a user does.
[[nodiscard]] bool has_mark(const std::filesystem::path& path, const char* mark);

/// A folder with an upper and a work folder per piece ("0u", "0w", "1u", ...).
/// Active while a box writes it, a frozen layer afterwards. Removed with its
/// last holder, its disk with the last layer on it.
class Layer {
 public:
  Layer(std::shared_ptr<Disk> disk, std::size_t pieces);
  ~Layer();
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  [[nodiscard]] const std::shared_ptr<Disk>& disk() const { return disk_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::filesystem::path folder() const { return disk_->path() / name_; }
  [[nodiscard]] std::filesystem::path upper(std::size_t piece) const;
  /// Whether anything was written.
  [[nodiscard]] bool empty() const;
  /// Whether it changed what a piece's path leads to: the file, or a folder
  /// above it that was replaced or moved.
  [[nodiscard]] bool touches(std::size_t piece, const std::filesystem::path& inside) const;

 private:
  std::shared_ptr<Disk> disk_;
  std::string name_;
  std::size_t pieces_;
};

/// A base and the frozen layers on it, oldest first.
struct LayerStack final : Snapshot {
  std::shared_ptr<const void> keep;  ///< what the base's folders depend on
  std::vector<Piece> pieces;
  std::vector<std::shared_ptr<const Layer>> layers;

  /// Whether a layer that `earlier` does not have touches `path` (absolute).
  [[nodiscard]] bool changed_since(const LayerStack& earlier, const std::string& path) const;
  /// Files in layers that `earlier` does not have which match any of `patterns`; a
  /// thousand at most.
  [[nodiscard]] std::vector<std::string> matching_since(
      const LayerStack& earlier, const std::vector<std::string>& patterns) const;
  /// This, with `layer` on top.
  [[nodiscard]] std::shared_ptr<const LayerStack> grown(std::shared_ptr<const Layer> layer) const;
};

}  // namespace weir::box
