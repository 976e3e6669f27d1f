// A program on a pty that outlives single commands.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runners/sandbox.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

class TerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to force the layout";
    sandbox_ = make_box_sandbox();
    box_ = sandbox_->create({});
    request_.env = {{"PATH", "/usr/bin:/bin"}, {"PS1", "$ "}};
    request_.rows = 10;
    request_.columns = 60;
  }

  std::string type(Terminal& terminal, const std::string& keys) {
    EXPECT_TRUE(terminal.send(keys));
    terminal.settle(milliseconds(300), milliseconds(10'000));
    return terminal.screen();
  }

  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<Box> box_;
  TerminalRequest request_;
};

TEST_F(TerminalTest, KeepsItsStateBetweenKeys) {
  const auto terminal = box_->open_terminal(request_);
  (void)type(*terminal, "cd /etc; X=kept\r");
  EXPECT_THAT(type(*terminal, "pwd; echo $X; stty size; tty\r"),
              HasSubstr("/etc\nkept\n10 60\n/dev/pts/0\n"));
}

TEST_F(TerminalTest, ShowsAScreenNotAStream) {
  const auto terminal = box_->open_terminal(request_);
  const std::string screen =
      type(*terminal, "printf 'wrong\\rright\\n\\033[5;5Hthere\\033[8;1H'\r");
  EXPECT_THAT(screen, HasSubstr("right\n"));
  EXPECT_THAT(screen, HasSubstr("    there\n"));
  EXPECT_EQ(std::count(screen.begin(), screen.end(), '\n'), 10);
}

TEST_F(TerminalTest, ControlCharactersSignal) {
  const auto terminal = box_->open_terminal(request_);
  (void)type(*terminal, "sleep 100\r");
  EXPECT_THAT(type(*terminal,
                   "\x03"
                   "echo back $?\r"),
              HasSubstr("back 130"));
}

TEST_F(TerminalTest, LivesBesideCommandsAndKeepsSnapshotsHonest) {
  const auto terminal = box_->open_terminal(request_);
  (void)type(*terminal, "echo from the terminal > /app/t\r");
  EXPECT_EQ(box_->get("/app/t", 99), "from the terminal\n");
  EXPECT_EQ(box_->snapshot(), nullptr);  // its shell lives: no exact state
  (void)type(*terminal, "exit\r");
  EXPECT_FALSE(terminal->alive());
  EXPECT_FALSE(terminal->send("x"));
  EXPECT_NE(box_->snapshot(), nullptr);
}

TEST_F(TerminalTest, DiesWithTheBox) {
  const auto terminal = box_->open_terminal(request_);
  (void)box_->end();
  terminal->settle(milliseconds(300), milliseconds(5'000));
  EXPECT_FALSE(terminal->alive());
}

TEST_F(TerminalTest, SizesAreChecked) {
  request_.rows = 0;
  EXPECT_THROW((void)box_->open_terminal(request_), InfraError);
  request_.rows = 100'000;
  EXPECT_THROW((void)box_->open_terminal(request_), InfraError);
}

}  // namespace
}  // namespace weir
