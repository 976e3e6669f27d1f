#include "runners/box/transcript.hpp"

namespace weir::box {
namespace {

/// The screen's lines down to the last that is not blank, without a newline at the end.
std::string lines_on(Screen& screen) {
  std::string text = screen.text();
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

/// Of `text`, which begins with lines seen before: from the line after them on, or from the
/// last one, if it grew.
std::string_view unseen(std::string_view text, std::size_t above, std::string_view last) {
  text.remove_prefix(above);
  const auto end = text.find('\n');
  if (text.substr(0, end) != last) return text;
  return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

}  // namespace

TerminalView Transcript::look(Screen& screen) {
  const Scrolled scrolled = screen.scrolled();
  const std::string shown = lines_on(screen);
  TerminalView view{false, scrolled.head, scrolled.left_out, scrolled.tail};
  (scrolled.left_out > 0 ? view.tail : view.head) += shown;
  if (view.head.starts_with(above_)) {
    view.head = unseen(view.head, above_.size(), last_);
  } else {
    view = {true, shown, 0, {}};
  }
  const auto cut = shown.rfind('\n');
  above_ = cut == std::string::npos ? std::string() : shown.substr(0, cut + 1);
  last_ = shown.substr(above_.size());
  return view;
}

}  // namespace weir::box
