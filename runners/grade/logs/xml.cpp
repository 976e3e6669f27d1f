#include "runners/grade/logs/xml.hpp"

#include <algorithm>
#include <charconv>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kBlank = " \t\r\n";

[[noreturn]] void fail(const std::string& what) {
  throw ParserFailed("XML: " + what);
}

bool is_name_begin(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name(char c) {
  return is_name_begin(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

std::string_view take_name(std::string_view& text) {
  if (text.empty() || !is_name_begin(text.front())) fail("no name where one must be");
  const auto end = std::find_if_not(text.begin(), text.end(), is_name);
  const auto name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(name.size());
  return name;
}

bool take_blanks(std::string_view& text) {
  const std::size_t count = std::min(text.size(), text.find_first_not_of(kBlank));
  text.remove_prefix(count);
  return count > 0;
}

bool is_allowed(char32_t point) {
  return point == '\t' || point == '\n' || point == '\r' || (point >= 0x20 && point < 0xD800) ||
         (point > 0xDFFF && point < 0xFFFE) || (point > 0xFFFF && point <= 0x10FFFF);
}

void check_characters(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!is_allowed(character.point)) fail("a character that may not be");
    text.remove_prefix(character.length);
  }
}

std::string encoded(char32_t point) {
  std::string out;
  const auto continuation = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | (point >> 6U));
    continuation(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | (point >> 12U));
    continuation(6);
    continuation(0);
  } else {
    out += static_cast<char>(0xF0U | (point >> 18U));
    continuation(12);
    continuation(6);
    continuation(0);
  }
  return out;
}

/// What "&name;" stands for.
std::string entity(std::string_view name) {
  if (name == "lt") return "<";
  if (name == "gt") return ">";
  if (name == "amp") return "&";
  if (name == "quot") return "\"";
  if (name == "apos") return "'";
  if (!take(name, "#")) fail("an entity nobody declared");
  const int base = take(name, "x") ? 16 : 10;
  std::uint32_t point = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), point, base);
  if (name.empty() || read.ec != std::errc() || read.ptr != name.data() + name.size() ||
      !is_allowed(point)) {
    fail("no such character");
  }
  return encoded(point);
}

std::string resolved(std::string_view text) {
  std::string out;
  for (auto at = text.find('&'); at != kNone; at = text.find('&')) {
    const auto end = text.find(';', at);
    if (end == kNone) fail("an entity does not end");
    out += text.substr(0, at);
    out += entity(text.substr(at + 1, end - at - 1));
    text.remove_prefix(end + 1);
  }
  return out += text;
}

}  // namespace

std::optional<std::string_view> XmlReader::Tag::attribute(std::string_view wanted) const {
  for (const auto& [name_of, value] : attributes) {
    if (name_of == wanted) return value;
  }
  return {};
}

void XmlReader::skip_past(std::string_view end, const char* what) {
  const auto at = rest_.find(end);
  if (at == kNone) fail(std::string(what) + " does not end");
  check_characters(rest_.substr(0, at));
  rest_.remove_prefix(at + end.size());
}

/// Text, comments, instructions and CDATA up to the next tag.
void XmlReader::skip_text() {
  for (;;) {
    const auto text = rest_.substr(0, rest_.find('<'));
    if (contains(text, "]]>")) fail("\"]]>\" in a text");
    (void)resolved(text);
    check_characters(text);
    if (open_.empty() && text.find_first_not_of(kBlank) != kNone) fail("text outside of the root");
    rest_.remove_prefix(text.size());
    if (take(rest_, "<!--")) {
      skip_past("--", "a comment");
      if (!take(rest_, ">")) fail("\"--\" in a comment");
    } else if (take(rest_, "<![CDATA[")) {
      if (open_.empty()) fail("text outside of the root");
      skip_past("]]>", "CDATA");
    } else if (take(rest_, "<?")) {
      std::string name(take_name(rest_));
      if (name.size() == 3 && (name[0] | 32) == 'x' && (name[1] | 32) == 'm' &&
          (name[2] | 32) == 'l') {
        fail("a declaration after the beginning");
      }
      if (!starts(rest_, "?>") && !take_blanks(rest_)) fail("an instruction");
      skip_past("?>", "an instruction");
    } else {
      return;
    }
  }
}

std::string XmlReader::value_of(std::string_view raw) const {
  if (contains(raw, "<")) fail("\"<\" in a value");
  check_characters(raw);
  std::string plain(raw);
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return kBlank.find(c) != kNone; }, ' ');
  return resolved(plain);
}

void XmlReader::read_attribute(Tag& tag) {
  const auto name = take_name(rest_);
  take_blanks(rest_);
  if (!take(rest_, "=")) fail("an attribute without a value");
  take_blanks(rest_);
  if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\''))
    fail("a value without quotes");
  const auto end = rest_.find(rest_.front(), 1);
  if (end == kNone) fail("a value does not end");
  if (tag.attribute(name)) fail("an attribute twice");
  if (tag.attributes.size() >= kDeepest) fail("too many attributes");
  tag.attributes.emplace_back(name, value_of(rest_.substr(1, end - 1)));
  rest_.remove_prefix(end + 1);
}

XmlReader::Tag XmlReader::close(std::string_view name) {
  if (open_.empty() || open_.back() != name) fail("a tag closes what is not open");
  open_.pop_back();
  return {false, name, {}};
}

XmlReader::Tag XmlReader::read_tag() {
  if (!take(rest_, "<")) fail("an element does not end");
  if (take(rest_, "/")) {
    const auto name = take_name(rest_);
    take_blanks(rest_);
    if (!take(rest_, ">")) fail("a tag does not end");
    return close(name);
  }
  if (begun_ && open_.empty()) fail("two roots");
  Tag tag{true, take_name(rest_), {}};
  for (;;) {
    const bool apart = take_blanks(rest_);
    empty_element_ = take(rest_, "/>");
    if (empty_element_ || take(rest_, ">")) break;
    if (!apart) fail("attributes without space between");
    read_attribute(tag);
  }
  begun_ = true;
  open_.push_back(tag.name);
  if (open_.size() > kDeepest) fail("nested too deep");
  return tag;
}

std::optional<XmlReader::Tag> XmlReader::next() {
  if (empty_element_) {
    empty_element_ = false;
    return close(open_.back());
  }
  skip_text();
  if (begun_ && open_.empty() && rest_.empty()) return {};
  return read_tag();
}

}  // namespace weir::logs
