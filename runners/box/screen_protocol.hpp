#pragma once

#include <cstddef>
#include <cstdint>

// Between the harness and the process that draws a terminal's screen, over a
// SOCK_SEQPACKET socket: a letter and bytes; each is answered by one packet that
// begins with the same letter.

namespace weir::box {

inline constexpr char kDraw = 'd';  ///< + output of the program; answer: what the terminal replies
inline constexpr char kText = 't';  ///< answer: the screen, a line for each row
/// Answer: the lines that left the screen at its top since this was last asked: their size
/// (ScrolledSize), then all of them, or their first and last kScrolledHalf bytes.
inline constexpr char kScrolled = 's';
/// + '1' or '0', a paste begins or ends; answer: what says so to the program, if it wants to know.
inline constexpr char kPaste = 'p';
using ScrolledSize = std::int64_t;
inline constexpr std::size_t kScrolledHalf = 16 << 10;
inline constexpr std::size_t kScreenPacket = 96 << 10;
inline constexpr int kMostCells = 24'000;  ///< so that a screen fits a packet

}  // namespace weir::box
