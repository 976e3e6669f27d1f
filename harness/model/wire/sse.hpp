#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace weir {

/// One server-sent event. Views live until the handler returns.
struct SseEvent {
  std::string_view name;  ///< "" if the stream named none
  std::string_view data;
};

/// Cuts a byte stream into server-sent events, as the WHATWG HTML standard says
/// (section 9.2): BOM, lines ending in CR, LF or CRLF, comments, several data
/// lines, bytes cut anywhere. Only a blank line dispatches an event; a tail
/// without one is left over. Copies nothing where an event lies whole in what
/// was pushed. One thread.
class SseFramer {
 public:
  using Handler = std::function<void(const SseEvent&)>;

  explicit SseFramer(Handler handler) : handler_(std::move(handler)) {}

  void push(std::string_view bytes);

  /// Comment lines so far: how services keep a connection alive.
  [[nodiscard]] int comments() const { return comments_; }
  /// Bytes came that no blank line has turned into an event.
  [[nodiscard]] bool mid_event() const { return !line_.empty() || has_data_; }
  /// An event grew beyond reason and was dropped.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  [[nodiscard]] std::string_view past_start(std::string_view bytes);
  void take_line(std::string_view line);
  void take_data(std::string_view value);
  void dispatch();
  void keep_views();

  Handler handler_;
  std::string line_;        ///< begun in an earlier push
  std::string name_;
  std::string data_;        ///< data lines that had to be copied
  std::string_view first_;  ///< the only data line, still in the bytes pushed
  bool has_data_ = false;
  bool after_cr_ = false;
  int bom_ = 0;             ///< bytes of a BOM seen; -1 past the start
  int comments_ = 0;
  bool overflowed_ = false;
};

}  // namespace weir
