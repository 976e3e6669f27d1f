#pragma once

#include <memory>
#include <optional>

#include "runners/box/channel.hpp"
#include "runners/box/ground.hpp"
#include "runners/relay.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// A box in namespaces of its own: frozen layers, a writable one on top, a
/// control group, and an init that runs the commands. A snapshot ends the init,
/// freezes the layer and starts another one on it. Owned by one thread.
class NamespaceBox final : public Box {
 public:
  /// Throws InfraError if the machine cannot give one.
  NamespaceBox(std::shared_ptr<Ground> ground, BoxSpec spec,
               std::shared_ptr<const LayerStack> stack);
  ~NamespaceBox() override;

  ExecResult exec(const ExecRequest& request) override;
  SnapshotPtr snapshot() override;
  SnapshotPtr copy() override;
  SnapshotPtr end() override;
  void restore(const SnapshotPtr& snapshot) override;
  bool changed() const override;
  int live_processes() override;
  void put(std::string_view bytes, const std::string& path, unsigned mode) override;
  void put_tree(const std::filesystem::path& folder, const std::string& path) override;
  std::optional<std::string> get(const std::string& path, std::size_t cap) override;
  std::vector<std::string> get_tree(const std::string& path, const std::filesystem::path& to,
                                    const TreeCaps& caps) override;
  std::unique_ptr<Terminal> open_terminal(const TerminalRequest& request) override;

 private:
  void start();
  void stop();
  [[nodiscard]] Channel& channel();
  [[nodiscard]] bool quiet();
  [[nodiscard]] Request setup_request(std::size_t binds) const;
  void set_up();
  void open_gateway();
  [[nodiscard]] milliseconds wall_left() const;
  [[nodiscard]] bool over_disk() const;

  std::shared_ptr<Ground> ground_;
  BoxSpec spec_;
  std::shared_ptr<const LayerStack> stack_;
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Layer> active_;
  Cgroup cgroup_;  // outlives every init it holds
  Spawned init_;
  std::optional<Channel> channel_;
  std::unique_ptr<Relay> relay_;
  std::chrono::steady_clock::time_point created_;
  bool lost_ = false;
};

}  // namespace weir::box
