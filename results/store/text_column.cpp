#include "results/store/text_column.hpp"

#include <zstd.h>

#include "tasks/error.hpp"

namespace weir {

std::string compress(std::string_view text) {
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), 3);
  if (ZSTD_isError(size) != 0) throw InfraError("zstd: compression failed");
  frame.resize(size);
  return frame;
}

std::string decompress(std::string_view frame) {
  const auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  constexpr unsigned long long kLargest = 1ULL << 32;
  if (size > kLargest) throw InfraError("database: a compressed text is damaged");
  std::string text(size, '\0');
  const std::size_t read = ZSTD_decompress(text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(read) != 0 || read != size) {
    throw InfraError("database: a compressed text is damaged");
  }
  return text;
}

}  // namespace weir
