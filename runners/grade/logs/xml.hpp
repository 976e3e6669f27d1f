#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::logs {

/// Reads one XML element and all it holds, tag by tag; no DTD, no namespaces.
/// Throws ParserFailed where the text is not well-formed, and where elements
/// nest deeper than kDeepest.
class XmlReader {
 public:
  static constexpr std::size_t kDeepest = 256;

  explicit XmlReader(std::string_view text) : rest_(text) {}

  struct Tag {
    bool opens = false;  ///< false: closes
    std::string_view name;
    std::vector<std::pair<std::string_view, std::string>> attributes;
    [[nodiscard]] std::optional<std::string_view> attribute(std::string_view name) const;
  };

  /// The next tag; nothing after the root is closed. "<a/>" opens and closes.
  std::optional<Tag> next();

 private:
  void skip_text();
  void skip_past(std::string_view end, const char* what);
  Tag close(std::string_view name);
  Tag read_tag();
  void read_attribute(Tag& tag);
  std::string value_of(std::string_view raw) const;

  std::string_view rest_;
  std::vector<std::string_view> open_;
  bool begun_ = false;
  bool empty_element_ = false;  ///< the tag read last was "<a/>"
};

}  // namespace weir::logs
