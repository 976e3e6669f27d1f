#pragma once

#include <memory>

#include "runners/box/ground.hpp"
#include "runners/box/init_box.hpp"
#include "runners/box/squash.hpp"

namespace weir::box {

/// A box in namespaces of its own: frozen layers, a writable one on top, a
/// control group, and an init that runs the commands. A snapshot ends the init,
/// freezes the layer and starts another one on it. Owned by one thread.
class NamespaceBox final : public InitBox {
 public:
  /// Throws InfraError if the machine cannot give one.
  NamespaceBox(std::shared_ptr<Ground> ground, BoxSpec spec,
               std::shared_ptr<const LayerStack> stack);
  ~NamespaceBox() override;

  SnapshotPtr snapshot() override;
  SnapshotPtr copy() override;
  SnapshotPtr end() override;
  void restore(const SnapshotPtr& snapshot) override;
  bool changed() const override;

 private:
  void start();
  void start_on_disk();
  void stop();
  void require_dead() const;
  [[nodiscard]] bool holds_shared_memory() const;
  void set_up();
  [[nodiscard]] bool over_disk() const override;
  void abandon() override { kill(); }
  void kill();

  std::shared_ptr<Ground> ground_;
  std::shared_ptr<const LayerStack> stack_;
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Layer> active_;
  Spawned init_;
  bool started_before_ = false;
  bool unkillable_ = false;
  std::size_t squash_at_ = kSquashAt;  ///< layers
};

}  // namespace weir::box
