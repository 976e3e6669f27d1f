#include "harness/model/wire/sse.hpp"

#include <cstring>

namespace weir {
namespace {

constexpr std::size_t kLargestEvent = std::size_t{64} << 20;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

/// Where the line that begins at `begin` ends; npos if it does not.
std::size_t line_end(std::string_view bytes, std::size_t begin) {
  const char* start = bytes.data() + begin;
  const auto* lf = static_cast<const char*>(std::memchr(start, '\n', bytes.size() - begin));
  const std::size_t length =
      lf != nullptr ? static_cast<std::size_t>(lf - start) : bytes.size() - begin;
  const auto* cr = static_cast<const char*>(std::memchr(start, '\r', length));
  if (cr != nullptr) return begin + static_cast<std::size_t>(cr - start);
  return lf != nullptr ? begin + length : std::string_view::npos;
}

}  // namespace

void SseFramer::push(std::string_view bytes) {
  bytes = past_start(bytes);
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes[at] == '\n') {
        ++at;
        continue;
      }
    }
    const std::size_t end = line_end(bytes, at);
    if (end == std::string_view::npos) {
      line_.append(bytes.substr(at));
      break;
    }
    if (line_.empty()) {
      take_line(bytes.substr(at, end - at));
    } else {
      line_.append(bytes.substr(at, end - at));
      keep_views();
      const std::string whole = std::move(line_);
      line_.clear();
      take_line(whole);
      keep_views();
    }
    after_cr_ = bytes[end] == '\r';
    at = end + 1;
  }
  keep_views();
  if (line_.size() + data_.size() > kLargestEvent) {
    overflowed_ = true;
    line_.clear();
    data_.clear();
  }
}

/// Leaves a byte order mark at the very start out.
std::string_view SseFramer::past_start(std::string_view bytes) {
  while (bom_ >= 0 && !bytes.empty()) {
    if (bytes.front() != kBom[static_cast<std::size_t>(bom_)]) {
      line_.append(kBom.substr(0, static_cast<std::size_t>(bom_)));  // it was none
      bom_ = -1;
      break;
    }
    bytes.remove_prefix(1);
    bom_ = bom_ == 2 ? -1 : bom_ + 1;
  }
  return bytes;
}

void SseFramer::take_line(std::string_view line) {
  if (line.empty()) {
    dispatch();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) {
    ++comments_;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (name == "data") {
    take_data(value);
  } else if (name == "event") {
    name_ = value;
  }  // id, retry and unknown fields mean nothing here
}

void SseFramer::take_data(std::string_view value) {
  if (!has_data_) {
    has_data_ = true;
    first_ = value;
    return;
  }
  keep_views();
  data_ += '\n';
  data_ += value;
}

/// Copies what points into bytes that are about to go.
void SseFramer::keep_views() {
  if (first_.data() == nullptr) return;
  data_ = first_;
  first_ = {};
}

void SseFramer::dispatch() {
  if (has_data_) handler_({name_, first_.data() != nullptr ? first_ : std::string_view(data_)});
  name_.clear();
  data_.clear();
  first_ = {};
  has_data_ = false;
}

}  // namespace weir
