#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "runners/descriptor.hpp"

namespace weir::box {

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
