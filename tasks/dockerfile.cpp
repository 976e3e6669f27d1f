#include "tasks/dockerfile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;
using Kind = BuildStep::Kind;

/// Lines joined at trailing backslashes, without comments and blank lines.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::string current;
  for (const auto raw : split_lines(text)) {
    const auto line = trimmed(raw);
    if (line.empty() || line.front() == '#') continue;
    current += line;
    if (current.back() == '\\') {
      current.back() = ' ';
      continue;
    }
    lines.push_back(std::exchange(current, {}));
  }
  if (!current.empty()) lines.push_back(current);
  return lines;
}

/// Splits into words; quotes group and are removed.
std::vector<std::string> words_of(std::string_view text) {
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

class Reader {
 public:
  Dockerfile read(std::string_view text) {
    for (const auto& line : logical_lines(text)) {
      const auto space = line.find_first_of(" \t");
      std::string name = line.substr(0, space);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      instruction(name, space == std::string::npos ? "" : std::string(trimmed(line.substr(space))));
    }
    return std::move(file_);
  }

 private:
  void instruction(const std::string& name, const std::string& rest) {
    if (rest.find("<<") != std::string::npos && (name == "RUN" || name == "COPY")) {
      refuse(name + " with a heredoc");
    } else if (name == "FROM") {
      if (!file_.from.empty()) refuse("more than one stage");
      for (const auto& word : words_of(substituted(rest))) {
        if (word.rfind("--", 0) == 0) continue;
        file_.from = word;
        break;
      }
    } else if (name == "ARG") {
      const auto equals = rest.find('=');
      if (equals != std::string::npos) {
        const std::string variable = rest.substr(0, equals);
        variables_[variable] = substituted(unquoted(rest.substr(equals + 1)));
        arguments_ += variable + "=" + shell_quoted(variables_[variable]) + "; ";
      }
    } else if (name == "ENV") {
      env(rest);
    } else if (name == "WORKDIR") {
      workdir(substituted(unquoted(rest)));
    } else if (name == "COPY" || name == "ADD") {
      copy(rest);
    } else if (name == "RUN") {
      file_.steps.push_back({Kind::run, {arguments_ + command(without_flags(rest))}});
    } else if (name == "USER") {
      file_.steps.push_back({Kind::user, {substituted(rest)}});
    } else if (name == "ENTRYPOINT") {
      refuse("ENTRYPOINT: a process that must run before the agent");
    } else {
      file_.ignored.push_back(name);
    }
  }

  void env(const std::string& rest) {
    const auto words = words_of(rest);
    if (words.empty()) return;
    if (words.front().find('=') == std::string::npos) {  // the old form: ENV name value
      set_env(words.front(), rest.substr(std::min(rest.size(), words.front().size() + 1)));
      return;
    }
    for (const auto& word : words) {
      const auto equals = word.find('=');
      if (equals != std::string::npos) set_env(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  void set_env(const std::string& name, const std::string& value) {
    variables_[name] = substituted(value);
    file_.steps.push_back({Kind::env, {name, variables_[name]}});
  }
  void workdir(const std::string& folder) {
    const bool absolute = !folder.empty() && folder.front() == '/';
    file_.workdir = absolute ? folder : (file_.workdir.empty() ? "/" : file_.workdir + "/") + folder;
    file_.steps.push_back({Kind::workdir, {file_.workdir}});
  }
  void copy(const std::string& rest) {
    std::vector<std::string> words;
    if (!rest.empty() && rest.front() == '[') {
      words = exec_form(rest);
    } else {
      words = words_of(substituted(rest));
    }
    std::vector<std::string> paths;
    for (const auto& word : words) {
      if (word.rfind("--from", 0) == 0) refuse("COPY --from");
      if (word.rfind("--", 0) != 0) paths.push_back(word);
    }
    if (paths.size() < 2) {
      refuse("COPY without a destination");
      return;
    }
    file_.steps.push_back({Kind::copy, paths});
  }

  std::string command(const std::string& rest) const {
    if (rest.empty() || rest.front() != '[') return rest;
    const auto words = exec_form(rest);
    if (words.empty()) return rest;
    std::string out;
    for (const auto& word : words) out += shell_quoted(word) + " ";
    return out;
  }
  /// ["a", "b"] as words; empty if it is not a JSON list of strings.
  static std::vector<std::string> exec_form(const std::string& rest) {
    const json list = json::parse(rest, nullptr, false);
    std::vector<std::string> words;
    if (!list.is_array()) return words;
    for (const auto& word : list) {
      if (!word.is_string()) return {};
      words.push_back(word.get<std::string>());
    }
    return words;
  }
  static std::string without_flags(std::string rest) {
    while (rest.rfind("--", 0) == 0) {
      const auto end = rest.find(' ');
      rest = end == std::string::npos ? "" : std::string(trimmed(rest.substr(end)));
    }
    return rest;
  }
  static std::string unquoted(const std::string& text) {
    const auto words = words_of(text);
    return words.size() == 1 ? words.front() : text;
  }
  std::string substituted(const std::string& text) const {
    return expand_variables(text, variables_);
  }
  void refuse(const std::string& why) {
    if (file_.unsupported.empty()) file_.unsupported = "Dockerfile: " + why;
  }

  Dockerfile file_;
  std::map<std::string, std::string> variables_;
  std::string arguments_;  ///< "NAME='value'; " of every ARG so far
};

}  // namespace

std::string expand_variables(std::string_view text,
                             const std::map<std::string, std::string>& values) {
  const auto is_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::string out;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    const bool braced = text.size() > 1 && text[1] == '{';
    const std::size_t start = braced ? 2 : 1;
    std::size_t end = start;
    while (end < text.size() && is_name(text[end])) ++end;
    const auto value = values.find(std::string(text.substr(start, end - start)));
    std::size_t after = end;
    std::string fallback;
    if (braced) {
      const auto close = text.find('}', end);
      if (close == std::string_view::npos) return out + std::string(text);
      if (text.substr(end, 2) == ":-") fallback = text.substr(end + 2, close - end - 2);
      after = close + 1;
    }
    const bool defaulted = braced && text.substr(end, 2) == ":-";
    if (end > start && value != values.end()) {
      out += value->second;
    } else if (defaulted) {
      out += fallback;
    } else {
      out += text.substr(0, after);
    }
    text.remove_prefix(after);
  }
  return out;
}

Dockerfile parse_dockerfile(std::string_view text) { return Reader().read(text); }

}  // namespace weir
