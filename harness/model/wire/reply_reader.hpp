#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/model/transport.hpp"
#include "harness/model/wire/reply_decoder.hpp"

namespace weir {

/// Reads the body of one HTTP reply as it arrives. What it is, a stream or one
/// JSON text, is decided by its first bytes: content types lie. One thread.
class ReplyReader {
 public:
  /// `stream`: what was asked for; it decides what a reply without a body is.
  ReplyReader(std::unique_ptr<ReplyDecoder> decoder, bool stream);

  /// Takes some of the body; `status` is the reply's. Says what it held: blank
  /// lines, comments and pings are nothing.
  BodyPart push(long status, std::string_view bytes);

  /// What came. The transport's own failures are the caller's to add.
  [[nodiscard]] Completion finish(long status);

 private:
  enum class Shape { unknown, stream, whole };
  void sniff();
  [[nodiscard]] BodyPart held() const;

  std::unique_ptr<ReplyDecoder> decoder_;
  SseFramer framer_;
  bool stream_;
  bool payload_ = false;
  Shape shape_ = Shape::unknown;
  std::string body_;  ///< until the shape is known; then a whole body only
  bool too_large_ = false;
};

}  // namespace weir
