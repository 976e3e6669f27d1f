#pragma once

#include <string>
#include <string_view>

#include "runners/sandbox.hpp"

namespace weir::box {

/// Collects a stream, keeping its first and last bytes. Not thread-safe.
class Capture {
 public:
  explicit Capture(const OutputCaps& caps) : caps_(caps) {}

  void add(std::string_view bytes);
  [[nodiscard]] std::int64_t total() const { return total_; }
  /// Head, a line naming how much was left out, tail.
  [[nodiscard]] Captured finish() const;

 private:
  OutputCaps caps_;
  std::string head_;
  std::string tail_;  ///< grows to twice the cap before it is cut
  std::int64_t total_ = 0;
};

}  // namespace weir::box
