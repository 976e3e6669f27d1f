#pragma once

#include "runners/limiter.hpp"
#include "runners/sandbox.hpp"
#include "runners/watchdog.hpp"

namespace weir {

/// A box that waits for a place among the busy ones before it works (the
/// deadline's clock stands still meanwhile), and adds up the time it worked.
/// Owned by one thread.
class MeteredBox final : public Box {
 public:
  MeteredBox(std::unique_ptr<Box> box, Limiter& busy, Deadline& deadline)
      : box_(std::move(box)), busy_(busy), deadline_(&deadline) {}

  /// From now on `deadline`'s clock is the one that stands still; it outlives its use here.
  void follow(Deadline& deadline) { deadline_ = &deadline; }

  ExecResult exec(const ExecRequest& request) override;
  SnapshotPtr snapshot() override;
  SnapshotPtr copy() override;
  SnapshotPtr end() override;
  void restore(const SnapshotPtr& snapshot) override;
  bool changed() const override { return box_->changed(); }
  int live_processes() override { return box_->live_processes(); }
  void put(std::string_view bytes, const std::string& path, unsigned mode) override;
  void put_tree(const std::filesystem::path& folder, const std::string& path) override;
  std::optional<std::string> get(const std::string& path, std::size_t cap) override;

  std::vector<std::string> get_tree(const std::string& path, const std::filesystem::path& to,
                                    const TreeCaps& caps) override;
  /// The terminal must not outlive the box.
  std::unique_ptr<Terminal> open_terminal(const TerminalRequest& request) override;

  [[nodiscard]] milliseconds worked() const;

 private:
  template <typename Work>
  auto metered(Work&& work);

  std::unique_ptr<Box> box_;
  Limiter& busy_;
  Deadline* deadline_;
  std::chrono::microseconds worked_{0};
};

}  // namespace weir
