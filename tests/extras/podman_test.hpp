#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>

#include "runners/oci/engine.hpp"
#include "tasks/error.hpp"

namespace weir {

/// What needs podman: skipped where it is not, or not by root. A fixture's own SetUp calls this
/// one, and goes on unless IsSkipped().
class PodmanTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    try {
      engine_ = std::make_unique<Engine>(Engine::find("podman"));
    } catch (const InfraError& error) {
      GTEST_SKIP() << error.what();
    }
  }

  std::unique_ptr<Engine> engine_;
};

}  // namespace weir
