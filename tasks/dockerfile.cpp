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
      file_.from = words_of(rest).empty() ? "" : words_of(substituted(rest)).front();
    } else if (name == "ARG") {
      const auto equals = rest.find('=');
      if (equals != std::string::npos) {
        variables_[rest.substr(0, equals)] = substituted(unquoted(rest.substr(equals + 1)));
      }
    } else if (name == "ENV") {
      env(rest);
    } else if (name == "WORKDIR") {
      workdir(substituted(unquoted(rest)));
    } else if (name == "COPY" || name == "ADD") {
      copy(rest);
    } else if (name == "RUN") {
      file_.steps.push_back({Kind::run, {command(rest)}});
    } else if (name == "USER") {
      file_.steps.push_back({Kind::user, {substituted(rest)}});
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
      const json list = json::parse(rest, nullptr, false);
      if (list.is_array()) words = list.get<std::vector<std::string>>();
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
    const json list = json::parse(rest, nullptr, false);
    if (!list.is_array()) return rest;
    std::string out;
    for (const auto& word : list) out += shell_quoted(word.get<std::string>()) + " ";
    return out;
  }
  static std::string unquoted(const std::string& text) {
    const auto words = words_of(text);
    return words.size() == 1 ? words.front() : text;
  }
  /// $NAME and ${NAME} from ARG and ENV; unknown names are left as they are.
  std::string substituted(std::string text) const {
    for (const auto& [name, value] : variables_) {
      for (const auto& spelled : {"${" + name + "}", "$" + name}) {
        for (auto at = text.find(spelled); at != std::string::npos;
             at = text.find(spelled, at + value.size())) {
          text.replace(at, spelled.size(), value);
        }
      }
    }
    return text;
  }
  void refuse(const std::string& why) {
    if (file_.unsupported.empty()) file_.unsupported = "Dockerfile: " + why;
  }

  Dockerfile file_;
  std::map<std::string, std::string, std::greater<>> variables_;  // longest-prefix names first
};

}  // namespace

Dockerfile parse_dockerfile(std::string_view text) { return Reader().read(text); }

}  // namespace weir
