#include "tasks/dockerfile_lines.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Heredocs a line announces: <<EOF, <<-EOF, <<"EOF". Quoted text and <<< announce none.
std::vector<Heredoc> announced(std::string_view line, std::vector<bool>& strips) {
  std::vector<Heredoc> found;
  char quote = 0;
  for (std::size_t i = 0; i + 2 < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == quote) quote = 0;
      continue;
    }
    if (line[i] == '"' || line[i] == '\'') quote = line[i];
    if (line.substr(i, 2) != "<<") continue;
    if (line[i + 2] == '<') {  // a here-string
      i += 2;
      continue;
    }
    std::size_t at = i + 2;
    const bool strip = line[at] == '-';
    if (strip) ++at;
    const bool quoted = at < line.size() && (line[at] == '"' || line[at] == '\'');
    if (quoted) ++at;
    const std::size_t start = at;
    while (at < line.size() && is_word(line[at])) ++at;
    if (at == start || std::isdigit(static_cast<unsigned char>(line[start])) != 0) continue;
    found.push_back({std::string(line.substr(start, at - start)), "", quoted});
    strips.push_back(strip);
    i = at - (quoted ? 0 : 1);
  }
  return found;
}

/// Splits "NAME rest"; `line` is not empty.
DockerLine named(const std::string& line) {
  const auto space = line.find_first_of(" \t");
  DockerLine out{line.substr(0, space), "", {}};
  std::transform(out.name.begin(), out.name.end(), out.name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (space != std::string::npos) out.rest = std::string(trimmed(line.substr(space)));
  return out;
}

/// Takes the bodies that follow line `at`; `at` then stands on the last one's end.
void take_bodies(DockerLine& line, const std::vector<std::string_view>& lines, std::size_t& at) {
  std::vector<bool> strips;
  line.heredocs = announced(line.rest, strips);
  for (std::size_t i = 0; i < line.heredocs.size(); ++i) {
    Heredoc& heredoc = line.heredocs[i];
    while (++at < lines.size()) {
      std::string_view raw = lines[at];
      if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
      while (strips[i] && !raw.empty() && raw.front() == '\t') raw.remove_prefix(1);
      if (raw == heredoc.word) break;
      heredoc.body += std::string(raw) + "\n";
    }
  }
}

}  // namespace

std::vector<DockerLine> dockerfile_lines(std::string_view text) {
  std::vector<DockerLine> out;
  const auto lines = split_lines(text);
  std::string current;
  const auto finish = [&](std::size_t& at) {
    DockerLine line = named(std::exchange(current, {}));
    if (line.name == "RUN" || line.name == "COPY" || line.name == "ADD") {
      take_bodies(line, lines, at);
    }
    out.push_back(std::move(line));
  };
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const auto line = trimmed(lines[at]);
    if (line.empty() || line.front() == '#') continue;
    current += line;
    if (current.back() == '\\') {
      current.back() = ' ';
      continue;
    }
    finish(at);
  }
  std::size_t end = lines.size();
  if (!trimmed(current).empty()) finish(end);
  return out;
}

std::vector<std::string> docker_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word.push_back(c);
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      inside = true;
    } else if (c == ' ' || c == '\t') {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
    } else {
      word.push_back(c);
      inside = true;
    }
  }
  if (inside) words.push_back(word);
  return words;
}

std::vector<std::string> docker_exec_form(std::string_view text) {
  const auto list = nlohmann::json::parse(text, nullptr, false);
  std::vector<std::string> words;
  if (!list.is_array()) return words;
  for (const auto& word : list) {
    if (!word.is_string()) return {};
    words.push_back(word.get<std::string>());
  }
  return words;
}

}  // namespace weir
