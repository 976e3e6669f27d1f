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

  /// A terminal whose prompt is there.
  std::unique_ptr<Terminal> open() {
    auto terminal = box_->open_terminal(request_);
    for (int i = 0; i < 100 && terminal->screen().find_first_not_of('\n') == std::string::npos;
         ++i) {
      terminal->settle(milliseconds(100), milliseconds(100));
    }
    return terminal;
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

TEST_F(TerminalTest, LooksShowWhatIsNew) {
  const auto terminal = open();
  (void)type(*terminal, "echo one\r");
  EXPECT_EQ(terminal->look().head, "$ echo one\none\n$");
  (void)type(*terminal, "seq 30\r");  // more than the screen's ten rows
  const TerminalView view = terminal->look();
  EXPECT_FALSE(view.whole_screen);
  EXPECT_THAT(view.head, testing::StartsWith("$ seq 30\n1\n2\n3\n"));
  EXPECT_THAT(view.head, testing::EndsWith("29\n30\n$"));
  EXPECT_EQ(terminal->look().head, "");
}

TEST_F(TerminalTest, LooksShowTheScreenWhereItWasRedrawn) {
  const auto terminal = open();
  (void)type(*terminal, "echo before\r");
  (void)terminal->look();
  (void)type(*terminal, "printf '\\033[2J\\033[Hafresh\\n'\r");
  const TerminalView view = terminal->look();
  EXPECT_TRUE(view.whole_screen);
  EXPECT_EQ(view.head, "afresh\n$");
}

TEST_F(TerminalTest, LooksKeepBothEndsOfAFlood) {
  const auto terminal = open();
  (void)type(*terminal, "seq 100000\r");
  const TerminalView view = terminal->look();
  EXPECT_THAT(view.head, testing::StartsWith("$ seq 100000\n1\n2\n"));
  EXPECT_THAT(view.tail, testing::EndsWith("\n100000\n$"));
  EXPECT_GT(view.left_out, 500'000);
  EXPECT_LT(view.head.size() + view.tail.size(), 40'000U);
}

/// A heredoc of `size` bytes, line by line.
std::string heredoc(std::size_t size) {
  std::string text;
  for (int line = 0; text.size() < size; ++line) {
    text += "line " + std::to_string(line) + " with 'quotes', $dollars, !bangs and a \\\r";
  }
  return text;
}

class LongInput : public TerminalTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(LongInput, ArrivesWholeByPaste) {
  request_.argv = {"bash", "--noprofile", "--norc", "+H", "-i"};
  const auto terminal = open();
  std::string text = heredoc(GetParam());
  const auto started = std::chrono::steady_clock::now();
  EXPECT_TRUE(terminal->paste("cat > /app/f <<'END'\r" + text + "END"));
  EXPECT_TRUE(terminal->send("\r"));
  terminal->settle(milliseconds(500), milliseconds(30'000));
  RecordProperty("ms", static_cast<int>(std::chrono::duration_cast<milliseconds>(
                                            std::chrono::steady_clock::now() - started)
                                            .count()));
  std::replace(text.begin(), text.end(), '\r', '\n');
  EXPECT_TRUE(box_->get("/app/f", 1 << 20) == text);
}

TEST_P(LongInput, ArrivesWholeWhereItIsTyped) {  // a shell that takes no pastes
  request_.argv = {"sh", "-i"};
  const auto terminal = open();
  std::string text = heredoc(GetParam());
  EXPECT_TRUE(terminal->paste("cat > /app/f <<'END'\r" + text + "END\r"));
  terminal->settle(milliseconds(500), milliseconds(30'000));
  std::replace(text.begin(), text.end(), '\r', '\n');
  EXPECT_TRUE(box_->get("/app/f", 1 << 20) == text);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LongInput, testing::Values(24'000, 200'000));

TEST_F(TerminalTest, ALineThatIsCutIsTold) {
  const auto terminal = open();
  EXPECT_TRUE(terminal->send(std::string(5'000, ':') + "\r"));  // to a line editor
  (void)type(*terminal, "cat > /app/f\r");
  EXPECT_TRUE(terminal->send(std::string(4'000, 'x') + "\r"));
  EXPECT_FALSE(terminal->send(std::string(5'000, 'x') + "\r"));
  (void)type(*terminal, "\x04");
  EXPECT_EQ(box_->get("/app/f", 1 << 20)->size(), 4'001U + 4'096U);
}

TEST_F(TerminalTest, ALineThatIsCutIsToldHoweverManyTimesItWasTyped) {
  const auto terminal = open();
  (void)type(*terminal, "cat > /app/f\r");
  const std::string half(3'000, 'x');
  EXPECT_TRUE(terminal->send(half));
  EXPECT_FALSE(terminal->send(half));
  EXPECT_FALSE(terminal->send("y"));
  EXPECT_TRUE(
      terminal->send("\x7f"
                     "z"));  // one back, one in its place
  EXPECT_TRUE(terminal->send("\r" + half));
  EXPECT_TRUE(terminal->send("\x15" + half));  // the line's beginning was taken back
  (void)type(*terminal, "\x03");
  EXPECT_TRUE(terminal->send(half + "\x15"));
}

TEST_F(TerminalTest, AProgramThatDoesNotReadHoldsNobodyUp) {
  const auto terminal = box_->open_terminal(request_);
  (void)type(*terminal, "stty -icanon -echo; sleep 1000\r");
  EXPECT_FALSE(terminal->send(std::string(1 << 20, 'x')));
  EXPECT_TRUE(terminal->alive());
}

TEST_F(TerminalTest, SizesAreChecked) {
  request_.rows = 0;
  EXPECT_THROW((void)box_->open_terminal(request_), InfraError);
  request_.rows = 100'000;
  EXPECT_THROW((void)box_->open_terminal(request_), InfraError);
}

}  // namespace
}  // namespace weir
