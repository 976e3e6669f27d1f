#pragma once

#include <string.h>
#include <vterm.h>

#include "runners/box/screen_protocol.hpp"

namespace weir::box {

/// Lines that left the screen, the first and the last bytes of them. No memory beyond its own:
/// a program may print without end.
class Scrollback {
 public:
  bool alternate = false;  ///< a screen whose lines do not scroll away is shown

  void add_line(const VTermScreenCell* cells, int columns) {
    while (columns > 0 &&
           (cells[columns - 1].chars[0] == 0 || cells[columns - 1].chars[0] == ' ')) {
      --columns;
    }
    for (int column = 0; column < columns; ++column) {
      const std::uint32_t* chars = cells[column].chars;
      if (chars[0] == 0) add(' ');
      // A wide character's second cell holds no code point.
      for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && chars[i] != 0 && chars[i] < 0x110000; ++i) {
        add_code_point(chars[i]);
      }
    }
    add('\n');
  }
  /// Writes what an answer to kScrolled holds, and begins anew. Returns its size.
  std::size_t take(char* answer) {
    const std::size_t ending = tail_size_ < kScrolledHalf ? tail_size_ : kScrolledHalf;
    memcpy(answer, &total_, sizeof(total_));
    memcpy(answer + sizeof(total_), head_, head_size_);
    memcpy(answer + sizeof(total_) + head_size_, tail_ + tail_size_ - ending, ending);
    const std::size_t size = sizeof(total_) + head_size_ + ending;
    head_size_ = tail_size_ = 0;
    total_ = 0;
    return size;
  }

 private:
  void add(char c) {
    ++total_;
    if (head_size_ < sizeof(head_)) {
      head_[head_size_++] = c;
      return;
    }
    if (tail_size_ == sizeof(tail_)) {
      memmove(tail_, tail_ + kScrolledHalf, kScrolledHalf);
      tail_size_ = kScrolledHalf;
    }
    tail_[tail_size_++] = c;
  }
  void add_code_point(std::uint32_t c) {
    if (c < 0x80) {
      add(static_cast<char>(c));
    } else if (c < 0x800) {
      add(static_cast<char>(0xC0U | (c >> 6)));
    } else if (c < 0x10000) {
      add(static_cast<char>(0xE0U | (c >> 12)));
      add(static_cast<char>(0x80U | ((c >> 6) & 0x3FU)));
    } else {
      add(static_cast<char>(0xF0U | (c >> 18)));
      add(static_cast<char>(0x80U | ((c >> 12) & 0x3FU)));
      add(static_cast<char>(0x80U | ((c >> 6) & 0x3FU)));
    }
    if (c >= 0x80) add(static_cast<char>(0x80U | (c & 0x3FU)));
  }

  char head_[kScrolledHalf];
  char tail_[2 * kScrolledHalf];  // of which the last half counts
  std::size_t head_size_ = 0;
  std::size_t tail_size_ = 0;
  ScrolledSize total_ = 0;
};
static_assert(sizeof(ScrolledSize) + 2 * kScrolledHalf < kScreenPacket);

}  // namespace weir::box
