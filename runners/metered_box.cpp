#include "runners/metered_box.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

/// Adds the time until its end to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(std::chrono::microseconds& sum) : sum_(sum), started_(Clock::now()) {}
  ~Stopwatch() {
    sum_ += std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started_);
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::chrono::microseconds& sum_;
  Clock::time_point started_;
};

/// A terminal of a metered box: time it is typed at and watched is added to a sum. It holds no
/// place among the busy: its programs run whether or not anybody looks.
class MeteredTerminal final : public Terminal {
 public:
  MeteredTerminal(std::unique_ptr<Terminal> terminal, std::chrono::microseconds& sum)
      : terminal_(std::move(terminal)), sum_(sum) {}

  bool send(std::string_view keys) override {
    const Stopwatch stopwatch(sum_);
    return terminal_->send(keys);
  }
  bool paste(std::string_view text) override {
    const Stopwatch stopwatch(sum_);
    return terminal_->paste(text);
  }
  void settle(milliseconds quiet, milliseconds most) override {
    const Stopwatch stopwatch(sum_);
    terminal_->settle(quiet, most);
  }
  std::string screen() override { return terminal_->screen(); }
  TerminalView look() override { return terminal_->look(); }
  bool alive() const override { return terminal_->alive(); }

 private:
  std::unique_ptr<Terminal> terminal_;
  std::chrono::microseconds& sum_;
};

}  // namespace

template <typename Work>
auto MeteredBox::metered(Work&& work) {
  const auto permit = acquire_paused(busy_, *deadline_);
  const Stopwatch stopwatch(worked_);
  return work();
}

ExecResult MeteredBox::exec(const ExecRequest& request) {
  return metered([&] { return box_->exec(request); });
}
SnapshotPtr MeteredBox::snapshot() {
  return metered([&] { return box_->snapshot(); });
}
SnapshotPtr MeteredBox::copy() {
  return metered([&] { return box_->copy(); });
}
SnapshotPtr MeteredBox::end() { return box_->end(); }
void MeteredBox::restore(const SnapshotPtr& snapshot) {
  metered([&] { box_->restore(snapshot); });
}
void MeteredBox::put(std::string_view bytes, const std::string& path, unsigned mode) {
  metered([&] { box_->put(bytes, path, mode); });
}
void MeteredBox::put_tree(const std::filesystem::path& folder, const std::string& path) {
  metered([&] { box_->put_tree(folder, path); });
}
std::optional<std::string> MeteredBox::get(const std::string& path, std::size_t cap) {
  return metered([&] { return box_->get(path, cap); });
}
std::vector<std::string> MeteredBox::get_tree(const std::string& path,
                                              const std::filesystem::path& to,
                                              const TreeCaps& caps) {
  return metered([&] { return box_->get_tree(path, to, caps); });
}
std::unique_ptr<Terminal> MeteredBox::open_terminal(const TerminalRequest& request) {
  auto terminal = metered([&] { return box_->open_terminal(request); });
  return std::make_unique<MeteredTerminal>(std::move(terminal), worked_);
}

milliseconds MeteredBox::worked() const {
  return std::chrono::duration_cast<milliseconds>(worked_);
}

}  // namespace weir
