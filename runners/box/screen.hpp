#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "runners/descriptor.hpp"

namespace weir::box {

/// Lines that left a screen at its top, each with its newline.
struct Scrolled {
  std::string head;
  std::int64_t left_out = 0;  ///< bytes between head and tail
  std::string tail;           ///< "" unless something was left out
};

/// The picture a stream of bytes draws, drawn by a confined process of its own.
/// Bytes that crash or hang it cost the picture drawn so far, no more. One thread.
class Screen {
 public:
  /// Throws InfraError.
  Screen(int rows, int columns);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Draws, and returns what a terminal answers to it (where its cursor is).
  std::string draw(std::string_view bytes);
  /// `rows` lines, blanks at their ends cut.
  [[nodiscard]] std::string text();
  /// What scrolled away since this was last asked; an alternate screen's lines do not.
  [[nodiscard]] Scrolled scrolled();
  /// What tells the program that a paste begins or ends; "" if it did not ask to be told.
  [[nodiscard]] std::string paste_mark(bool begins);

 private:
  void start();
  void stop();
  std::string ask(char letter, std::string_view bytes);

  int rows_;
  int columns_;
  pid_t pid_ = -1;
  Descriptor socket_;
};

}  // namespace weir::box
