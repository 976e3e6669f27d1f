#pragma once

#include <string>

#include "runners/box/screen.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// Tells what a screen shows that its reader has not seen yet. One thread.
class Transcript {
 public:
  /// What was printed since the last look: the lines that scrolled away and those on the
  /// screen, from the first new one on, the last one seen again where it grew. The whole
  /// screen where the lines seen before stand no longer where they stood.
  [[nodiscard]] TerminalView look(Screen& screen);

 private:
  std::string above_;  ///< lines on the screen at the last look, but for the last one
  std::string last_;   ///< the line it ended with
};

}  // namespace weir::box
