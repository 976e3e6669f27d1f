#pragma once

#include <cstdint>
#include <string>

namespace weir {

/// A 64-bit seed from a base and a text, equal on every machine.
[[nodiscard]] std::uint64_t mix_seed(std::uint64_t base, const std::string& text);

/// One uniform draw in [0,1) that depends on nothing but its arguments.
[[nodiscard]] double draw(std::uint64_t base, const std::string& text);

}  // namespace weir
