#pragma once

namespace weir {

inline constexpr const char* kVersion = WEIR_VERSION;

}  // namespace weir
