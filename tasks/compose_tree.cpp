#include "tasks/compose_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "tasks/compose_variables.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"
#include "tasks/yaml_file.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// A key within a place; one that is no word as JSON writes it, so that a message stays a line.
std::string below(const std::string& place, const std::string& key) {
  const bool plain = std::none_of(key.begin(), key.end(), [](char c) {
    return std::iscntrl(static_cast<unsigned char>(c)) != 0;
  });
  const std::string shown = plain ? key : json(key).dump();
  return place.empty() ? shown : place + "." + shown;
}

class Preparation {
 public:
  Preparation(const std::string& file, const HostLookup& value_of, ComposeTree& out)
      : file_(file), value_of_(value_of), out_(out) {}

  json prepare(const json& value, const std::string& place) {
    if (value.is_string()) return json(replaced(value.get<std::string>(), place));
    if (value.is_array()) {
      json list = json::array();
      for (const auto& each : value) list.push_back(prepare(each, place));
      return list;
    }
    if (!value.is_object()) return value;
    json object = json::object();
    for (const auto& [key, each] : value.items()) {
      if (key != "<<") object[key] = prepare(each, below(place, key));
    }
    if (value.contains("<<")) merge(object, value.at("<<"), place);
    return object;
  }

 private:
  /// The map's own keys go first, then the first of several merged ones.
  void merge(json& object, const json& from, const std::string& place) {
    const json sources = from.is_array() ? from : json::array({from});
    for (const auto& source : sources) {
      if (!source.is_object()) {
        throw UserError(fmt::format("{}: {}: << must name a map", file_, place));
      }
      const json prepared = prepare(source, place);
      for (const auto& [key, value] : prepared.items()) {
        if (!object.contains(key)) object[key] = value;
      }
    }
  }

  std::string replaced(const std::string& text, const std::string& place) {
    try {
      Interpolated result = interpolate(text, value_of_);
      for (const auto& name : result.missing) {
        out_.missing.push_back(fmt::format("{} needs the host's {}", place, name));
      }
      for (const auto& name : result.defaulted) {
        out_.defaulted.push_back(fmt::format("{} takes the default of {}", place, name));
      }
      return std::move(result.text);
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}: {}: {}", file_, place, error.what()));
    }
  }

  const std::string& file_;
  const HostLookup& value_of_;
  ComposeTree& out_;
};

/// As a POSIX shell splits words, without expanding anything. nullopt: a quote is not closed.
std::optional<std::vector<std::string>> shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < text.size();
    if (escapes && (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\')) {
      word += text[++i];
      in_word = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (std::string_view(" \t\n\r").find(c) != std::string_view::npos) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  if (quote != 0) return {};
  return words;
}

std::optional<double> unit_of(std::string_view unit) {
  static const std::map<std::string_view, double> units = {
      {"us", 0.001}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  const auto found = units.find(unit);
  return found == units.end() ? std::nullopt : std::optional(found->second);
}

/// Milliseconds; nullopt for what is no duration of at most ten years.
std::optional<milliseconds> composed_duration(std::string_view text) {
  constexpr double kLongest = 3.2e11;
  double total = 0;
  if (text.empty()) return {};
  if (text == "0") return milliseconds(0);
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !(number >= 0)) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto letters = std::min(text.find_first_of("0123456789."), text.size());
    const auto unit = unit_of(text.substr(0, letters));
    if (!unit) return {};
    total += number * *unit;
    text.remove_prefix(letters);
  }
  if (total > kLongest) return {};
  return milliseconds(std::llround(total));
}

}  // namespace

ComposeTree ComposeTree::parse(const std::string& file, const std::string& text,
                               const HostLookup& value_of) {
  ComposeTree tree;
  const YamlFile yaml = YamlFile::parse(file, text);
  tree.root = Preparation(file, value_of, tree).prepare(yaml.root, "");
  return tree;
}

std::optional<ComposeNode> ComposeNode::find(const std::string& key) {
  if (value_->is_null()) return {};
  if (!is_map()) fail("must be a map of keys");
  known_.insert(key);
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return {};
  return ComposeNode(*found, file_, below(place_, key));
}

std::vector<std::pair<std::string, ComposeNode>> ComposeNode::entries() const {
  std::vector<std::pair<std::string, ComposeNode>> entries;
  if (value_->is_null()) return entries;
  if (!is_map()) fail("must be a map of keys");
  for (const auto& [key, value] : value_->items()) {
    entries.emplace_back(key, ComposeNode(value, file_, below(place_, key)));
  }
  return entries;
}

std::vector<ComposeNode> ComposeNode::items() const {
  std::vector<ComposeNode> items;
  if (!is_list()) fail("must be a list");
  for (const auto& value : *value_) items.emplace_back(value, file_, place_);
  return items;
}

std::vector<std::string> ComposeNode::unknown() const {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : value_->items()) {
    if (known_.count(key) == 0 && !key.starts_with("x-")) unknown.push_back(key);
  }
  return unknown;
}

std::string ComposeNode::text() const {
  if (!is_text()) fail("must be text");
  std::string text = value_->get<std::string>();
  if (text.find('\0') != std::string::npos) fail("holds a NUL byte");
  return text;
}

bool ComposeNode::flag() const {
  static const std::map<std::string, bool> words = {
      {"true", true}, {"yes", true}, {"on", true}, {"false", false}, {"no", false}, {"off", false}};
  const auto found = words.find(text());
  if (found == words.end()) fail("must be true or false");
  return found->second;
}

double ComposeNode::number() const {
  const std::string text = this->text();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    fail("must be a number");
  }
  return number;
}

std::vector<std::string> ComposeNode::texts() const {
  if (is_text()) return {text()};
  std::vector<std::string> texts;
  for (const auto& item : items()) texts.push_back(item.text());
  return texts;
}

std::vector<std::string> ComposeNode::words() const {
  if (!is_text()) return texts();
  auto words = shell_words(text());
  if (!words) fail("a quote is not closed");
  return *words;
}

std::vector<std::pair<std::string, std::optional<std::string>>> ComposeNode::pairs() const {
  std::vector<std::pair<std::string, std::optional<std::string>>> pairs;
  if (is_list()) {
    for (const auto& line : texts()) {
      const auto equals = line.find('=');
      const bool alone = equals == std::string::npos;
      pairs.emplace_back(line.substr(0, equals),
                         alone ? std::nullopt : std::optional(line.substr(equals + 1)));
    }
  } else {
    for (const auto& [name, value] : entries()) {
      const bool alone = value.value_->is_null();
      pairs.emplace_back(name, alone ? std::nullopt : std::optional(value.text()));
    }
  }
  for (const auto& pair : pairs) {
    if (pair.first.empty() ||
        pair.first.find_first_of(std::string_view("=\n\0", 3)) != std::string::npos) {
      fail("a name is empty, or no name");
    }
  }
  return pairs;
}

milliseconds ComposeNode::duration() const {
  const auto duration = composed_duration(text());
  if (!duration) fail(fmt::format("\"{}\" is no duration (30s, 1m30s, 500ms)", text()));
  return *duration;
}

std::int64_t ComposeNode::bytes() const {
  const auto bytes = parse_bytes(text());
  if (!bytes) fail(fmt::format("\"{}\" is no size (512m, 2g)", text()));
  return *bytes;
}

void ComposeNode::fail(const std::string& cause) const {
  throw UserError(fmt::format("{}: {}{}{}", file_, place_, place_.empty() ? "" : ": ", cause));
}

}  // namespace weir
