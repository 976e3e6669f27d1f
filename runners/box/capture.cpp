#include "runners/box/capture.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::box {

void Capture::add(std::string_view bytes) {
  total_ += static_cast<std::int64_t>(bytes.size());
  const std::size_t room = caps_.head - std::min(caps_.head, head_.size());
  head_ += bytes.substr(0, room);
  bytes.remove_prefix(std::min(room, bytes.size()));
  tail_ += bytes;
  if (tail_.size() > 2 * caps_.tail) tail_.erase(0, tail_.size() - caps_.tail);
}

Captured Capture::finish() const {
  const auto kept = static_cast<std::int64_t>(head_.size() + std::min(tail_.size(), caps_.tail));
  Captured captured{head_, total_, kept < total_};
  if (captured.truncated) {
    captured.bytes += fmt::format("\n[... {} bytes left out ...]\n", total_ - kept);
  }
  captured.bytes += tail_.substr(tail_.size() - std::min(tail_.size(), caps_.tail));
  return captured;
}

}  // namespace weir::box
