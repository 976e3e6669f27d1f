#include "runners/check_patch.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(InlinePatch, IsFoundInHeredocs) {
  const auto plain = find_inline_patch("git apply <<'EOF'\n--- a/x\n+++ b/x\nEOF\n");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->diff, "--- a/x\n+++ b/x\n");
  EXPECT_EQ(plain->folder, "");
  const auto moved = find_inline_patch("cd /testbed && patch -p1 <<EOF\nd\nEOF");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->folder, "/testbed");
}

TEST(InlinePatch, OtherCommandsHaveNone) {
  EXPECT_FALSE(find_inline_patch("cat > f <<EOF\ngit apply\nEOF"));
  EXPECT_FALSE(find_inline_patch("git apply fix.diff"));
  EXPECT_FALSE(find_inline_patch("dispatch x <<EOF\nEOF"));
  EXPECT_FALSE(find_inline_patch(""));
}

}  // namespace
}  // namespace weir
