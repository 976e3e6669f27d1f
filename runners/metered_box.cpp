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
  return metered([&] { return box_->open_terminal(request); });
}

milliseconds MeteredBox::worked() const {
  return std::chrono::duration_cast<milliseconds>(worked_);
}

}  // namespace weir
