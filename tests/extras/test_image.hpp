#pragma once

#include "runners/oci/engine.hpp"

namespace weir {

inline constexpr const char* kTestImage = "localhost/weir-test-base:2";

/// A root file system of a few of the host's programs, as an image: made once,
/// without a network. Throws InfraError.
void make_test_image(const Engine& engine);

}  // namespace weir
