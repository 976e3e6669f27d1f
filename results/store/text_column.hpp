#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Texts of at least this many bytes are stored as zstd frames.
inline constexpr std::size_t kCompressFrom = 512;

/// One zstd frame (level 3) holding `text`.
[[nodiscard]] std::string compress(std::string_view text);

/// The text of one frame. Throws InfraError if it is damaged.
[[nodiscard]] std::string decompress(std::string_view frame);

}  // namespace weir
