#pragma once

#include <memory>
#include <string>

#include "runners/box/init_box.hpp"
#include "runners/box/scratch.hpp"
#include "runners/oci/engine.hpp"

namespace weir {

/// Label of committed images: the scratch folder of the program that made them.
inline constexpr const char* kOwnerLabel = "weir.scratch";

/// An image committed from a container; removed with its last holder.
struct ContainerSnapshot final : Snapshot {
  ContainerSnapshot(Engine from, std::string image, bool made)
      : engine(std::move(from)), id(std::move(image)), owned(made) {}
  ~ContainerSnapshot() override;

  Engine engine;
  std::string id;
  bool owned;                                            ///< false for the image a box started from
  std::shared_ptr<const ContainerSnapshot> parent = {};  ///< what its container started from
};

/// A container whose pid 1 is Weir's init, bound into it read-only: a command
/// costs what it costs in a box, not what `exec` costs the engine. A snapshot is
/// a commit. Owned by one thread; removed by the engine when the init ends,
/// which it does when this program does.
class ContainerBox final : public box::InitBox {
 public:
  /// `filter` is a seccomp program that outlives the box. Throws InfraError.
  ContainerBox(Engine engine, std::shared_ptr<box::Scratch> scratch, BoxSpec spec,
               std::shared_ptr<const ContainerSnapshot> image, int filter);
  ~ContainerBox() override;

  SnapshotPtr snapshot() override;
  SnapshotPtr copy() override;
  SnapshotPtr end() override;
  void restore(const SnapshotPtr& snapshot) override;
  bool changed() const override { return changed_; }
  ExecResult exec(const ExecRequest& request) override;
  void put(std::string_view bytes, const std::string& path, unsigned mode) override;
  void put_tree(const std::filesystem::path& folder, const std::string& path) override;
  std::unique_ptr<Terminal> open_terminal(const TerminalRequest& request) override;

  /// What the engine knows its container by.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Its init, as the host sees it.
  [[nodiscard]] int pid() const { return pid_; }

 private:
  void start();
  void stop();
  void abandon() override { stop(); }
  [[nodiscard]] std::vector<std::string> run_arguments() const;
  [[nodiscard]] SnapshotPtr commit(bool pause);

  Engine engine_;
  std::shared_ptr<box::Scratch> scratch_;
  std::shared_ptr<const ContainerSnapshot> image_;    ///< the state last frozen
  std::shared_ptr<const ContainerSnapshot> started_;  ///< what the container started from
  int filter_;
  std::string name_;
  int pid_ = 0;
  std::filesystem::path folder_;  ///< the init and its socket, as the container sees them
  bool changed_ = false;          ///< whether anything ran that could have written
};

/// The network of a container that does nothing but hold it: the others join.
struct ContainerNetwork final : SharedNetwork {
  explicit ContainerNetwork(std::unique_ptr<ContainerBox> box) : holder(std::move(box)) {}

  std::unique_ptr<ContainerBox> holder;
};

/// A folder of the scratch that containers mount.
struct ContainerVolume final : Volume {
  explicit ContainerVolume(std::shared_ptr<box::Scratch> on)
      : scratch(std::move(on)), folder(scratch->fresh("volume")) {}
  ~ContainerVolume() override { scratch->remove(folder); }

  std::shared_ptr<box::Scratch> scratch;
  std::filesystem::path folder;
};

}  // namespace weir
