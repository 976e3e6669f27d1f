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

TEST(InlinePatch, OptionsAreKeptOrTheCheckDeclines) {
  const auto undo = find_inline_patch("git apply -R -v <<'EOF'\nd\nEOF");
  ASSERT_TRUE(undo);
  EXPECT_EQ(undo->options, std::vector<std::string>{"-R"});
  EXPECT_FALSE(find_inline_patch("git apply --reject <<'EOF'\nd\nEOF"));  // never fails whole
}

TEST(InlinePatch, OtherCommandsHaveNone) {
  EXPECT_NO_THROW((void)find_inline_patch("cy <<'d /x && git apply <<'EOF'\n--- a\nEOF\n"));
  EXPECT_NO_THROW((void)find_inline_patch("cy <<'d /x && git apply"));
  EXPECT_FALSE(find_inline_patch("cat > f <<EOF\ngit apply\nEOF"));
  EXPECT_FALSE(find_inline_patch("git apply fix.diff"));
  EXPECT_FALSE(find_inline_patch("dispatch x <<EOF\nEOF"));
  EXPECT_FALSE(find_inline_patch(""));
}

}  // namespace
}  // namespace weir
