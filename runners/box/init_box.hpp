#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "runners/box/cgroup.hpp"
#include "runners/box/channel.hpp"
#include "runners/egress.hpp"
#include "runners/relay.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// What boxes with Weir's init as pid 1 have in common, whoever made their
/// namespaces: commands, files, terminals, the gateway. Owned by one thread.
class InitBox : public Box {
 public:
  ExecResult exec(const ExecRequest& request) override;
  int live_processes() override;
  void put(std::string_view bytes, const std::string& path, unsigned mode) override;
  void put_tree(const std::filesystem::path& folder, const std::string& path) override;
  std::optional<std::string> get(const std::string& path, std::size_t cap) override;
  std::vector<std::string> get_tree(const std::string& path, const std::filesystem::path& to,
                                    const TreeCaps& caps) override;
  std::unique_ptr<Terminal> open_terminal(const TerminalRequest& request) override;

 protected:
  explicit InitBox(BoxSpec spec);

  /// Takes the connection to a fresh init and its control group; the box stands
  /// once `begin` was answered. Opens the gateway.
  void connect(Descriptor socket) { channel_.emplace(std::move(socket)); }
  /// `fds` are those of setup after the control groups.
  void begin(Request setup, int blob, int filter, const std::vector<Descriptor>& fds);
  void disconnect();
  /// setup, but for who assembles the file system.
  [[nodiscard]] Request setup_request(bool memory_counted, bool pids_counted,
                                      bool disk_enforced) const;
  /// Whether nothing lives.
  [[nodiscard]] bool quiet();
  /// Ends every process but the init.
  void kill_all();
  [[nodiscard]] Channel& channel();

  /// Asked now and then while a command runs: whether the disk limit is passed.
  [[nodiscard]] virtual bool over_disk() const { return false; }
  /// The init no longer answers: ends what is left of it.
  virtual void abandon() = 0;

  BoxSpec spec_;
  std::unique_ptr<Cgroup> cgroup_;
  bool lost_ = true;  ///< until it stands

 private:
  [[nodiscard]] milliseconds wall_left() const;
  void open_gateway();
  void open_proxy();
  [[nodiscard]] Descriptor listen_on(int port);

  std::optional<Channel> channel_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<EgressRelay> egress_;
  std::chrono::steady_clock::time_point created_;
};

}  // namespace weir::box
