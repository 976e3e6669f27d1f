#pragma once

#include <memory>

#include "runners/sandbox.hpp"

namespace weir {

/// A box that is another one but for what a kind of it does otherwise. Owned by one thread.
class WrappedBox : public Box {
 public:
  explicit WrappedBox(std::unique_ptr<Box> box) : box_(std::move(box)) {}

  ExecResult exec(const ExecRequest& request) override { return box_->exec(request); }
  SnapshotPtr snapshot() override { return box_->snapshot(); }
  SnapshotPtr copy() override { return box_->copy(); }
  SnapshotPtr end() override { return box_->end(); }
  void restore(const SnapshotPtr& snapshot) override { box_->restore(snapshot); }
  bool changed() const override { return box_->changed(); }
  int live_processes() override { return box_->live_processes(); }
  void put(std::string_view bytes, const std::string& path, unsigned mode) override {
    box_->put(bytes, path, mode);
  }
  void put_tree(const std::filesystem::path& folder, const std::string& path) override {
    box_->put_tree(folder, path);
  }
  std::optional<std::string> get(const std::string& path, std::size_t cap) override {
    return box_->get(path, cap);
  }
  std::vector<std::string> get_tree(const std::string& path, const std::filesystem::path& to,
                                    const TreeCaps& caps) override {
    return box_->get_tree(path, to, caps);
  }
  std::unique_ptr<Terminal> open_terminal(const TerminalRequest& request) override {
    return box_->open_terminal(request);
  }

 protected:
  std::unique_ptr<Box> box_;
};

}  // namespace weir
