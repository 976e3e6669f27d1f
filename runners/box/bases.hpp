#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runners/box/layers.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// What a box starts from, and what that says of itself.
struct Base {
  std::shared_ptr<const LayerStack> stack;
  BaseInfo info;
};

/// The bases asked for so far: `host`, rootfs folders, images. An image's own
/// layers are used where this process can see and shift them, else it is
/// unpacked once per id into the cache ($WEIR_CACHE). Safe to share.
class Bases {
 public:
  Bases(std::shared_ptr<const LayerStack> host, bool as_root)
      : host_(std::move(host)), as_root_(as_root) {}

  /// Throws InfraError with the cure if there is no such base.
  [[nodiscard]] Base get(const std::string& name);
  /// Pulls an image that is not here. Throws InfraError.
  void obtain(const std::string& name);

 private:
  [[nodiscard]] Base image(const std::string& reference) const;

  std::shared_ptr<const LayerStack> host_;
  bool as_root_;
  std::mutex mutex_;
  std::map<std::string, Base> known_;
};

}  // namespace weir::box
