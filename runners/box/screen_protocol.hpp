#pragma once

#include <cstddef>

// Between the harness and the process that draws a terminal's screen, over a
// SOCK_SEQPACKET socket: a letter and bytes; each is answered by one packet that
// begins with the same letter.

namespace weir::box {

inline constexpr char kDraw = 'd';  ///< + output of the program; answer: what the terminal replies
inline constexpr char kText = 't';  ///< answer: the screen, a line for each row
inline constexpr std::size_t kScreenPacket = 96 << 10;
inline constexpr int kMostCells = 24'000;  ///< so that a screen fits a packet

}  // namespace weir::box
