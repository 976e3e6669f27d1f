#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "runners/descriptor.hpp"

namespace weir::box {

/// A file of a control group that counts, kept open: it is read before and after
/// every command. One thread.
class Gauge {
 public:
  Gauge() = default;  ///< counts nothing
  explicit Gauge(const std::filesystem::path& file);

  /// The one number in it; nullopt if it is not there.
  [[nodiscard]] std::optional<std::int64_t> number() const;
  /// The number after `key` in lines of "KEY N".
  [[nodiscard]] std::optional<std::int64_t> keyed(std::string_view key) const;
  void write(std::string_view text) const;

 private:
  Descriptor fd_;
};

}  // namespace weir::box
