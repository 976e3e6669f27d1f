#include "tasks/dockerfile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "tasks/dockerfile_lines.hpp"
#include "tasks/nearest.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using Kind = BuildStep::Kind;
using Variables = std::map<std::string, std::string>;

/// Instructions that change nothing in the files a command sees.
const std::vector<std::string> kWithoutEffect = {"EXPOSE",     "LABEL",  "MAINTAINER",
                                                 "STOPSIGNAL", "VOLUME", "HEALTHCHECK"};
const std::vector<std::string> kInstructions = {
    "FROM",   "ARG",   "ENV",        "WORKDIR",    "COPY",       "ADD",
    "RUN",    "USER",  "ENTRYPOINT", "CMD",        "SHELL",      "ONBUILD",
    "EXPOSE", "LABEL", "VOLUME",     "STOPSIGNAL", "MAINTAINER", "HEALTHCHECK"};

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Words of an ENTRYPOINT or a CMD in either form.
std::vector<std::string> process_words(const std::string& rest) {
  if (auto words = docker_exec_form(rest); !words.empty()) return words;
  return rest.empty() || rest == "[]" ? std::vector<std::string>{}
                                      : std::vector<std::string>{"/bin/sh", "-c", rest};
}

std::string unquoted(const std::string& text) {
  const auto words = docker_words(text);
  return words.size() == 1 ? words.front() : text;
}

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string without_flags(std::string rest) {
  while (rest.rfind("--", 0) == 0) {
    const auto end = rest.find(' ');
    rest = end == std::string::npos ? "" : std::string(trimmed(rest.substr(end)));
  }
  return rest;
}

bool is_archive(const std::string& path) {
  for (const char* ending : {".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"}) {
    if (path.ends_with(ending)) return true;
  }
  return false;
}

bool is_remote(const std::string& path) {
  return path.find("://") != std::string::npos || path.rfind("git@", 0) == 0;
}

class Reader {
 public:
  Dockerfile read(std::string_view text) {
    for (const auto& line : dockerfile_lines(text)) instruction(line);
    if (!file_.stages.empty()) flatten();
    return std::move(file_);
  }

 private:
  void instruction(const DockerLine& line) {
    const std::string& rest = line.rest;
    if (line.name == "FROM") return from(rest);
    if (line.name == "ARG") return arg(rest);
    if (!contains(kInstructions, line.name)) {
      return refuse(fmt::format("unknown instruction {}{}", line.name.substr(0, 40),
                                did_you_mean(line.name, kInstructions)));
    }
    if (file_.stages.empty()) return refuse(line.name + " before any FROM");
    if (line.name == "ENV") return env(rest);
    if (line.name == "WORKDIR") return workdir(substituted(unquoted(rest)));
    if (line.name == "COPY" || line.name == "ADD") return copy(line);
    if (line.name == "RUN") return run(line);
    if (line.name == "USER") return user(substituted(rest));
    if (line.name == "SHELL") return shell(rest);
    if (line.name == "ONBUILD") return refuse("ONBUILD");
    if (line.name == "CMD") {
      stage().command = process_words(rest);
    } else if (line.name == "ENTRYPOINT") {
      stage().entrypoint = process_words(rest);
    } else if (line.name == "HEALTHCHECK" && rest != "NONE") {
      file_.deviations.push_back("HEALTHCHECK of the Dockerfile is not run");
    }
    if (contains(kWithoutEffect, line.name) || line.name == "CMD")
      file_.ignored.push_back(line.name);
  }

  DockerStage& stage() { return file_.stages.back(); }

  void from(const std::string& rest) {
    DockerStage next;
    std::vector<std::string> words;
    for (const auto& word : docker_words(expand_variables(rest, globals_))) {
      if (word.rfind("--platform=", 0) == 0) next.platform = word.substr(11);
      if (word.rfind("--", 0) != 0) words.push_back(word);
    }
    if (words.empty()) return refuse("FROM without an image");
    next.from = words[0];
    if (words.size() >= 3 && in_lower_case(words[1]) == "as") next.name = words[2];
    variables_.clear();
    if (const auto below = earlier(next.from, file_.stages.size())) {
      next.workdir = file_.stages[*below].workdir;
      variables_ = envs_[*below];
    }
    envs_.push_back(variables_);
    file_.stages.push_back(std::move(next));
    arguments_.clear();
    shell_.clear();
  }

  void arg(const std::string& rest) {
    for (const auto& word : docker_words(rest)) {
      const auto equals = word.find('=');
      const std::string name = word.substr(0, equals);
      const bool global = file_.stages.empty();
      const auto known = globals_.find(name);
      if (equals == std::string::npos && (global || known == globals_.end())) continue;
      const std::string value = equals == std::string::npos ? known->second
                                : global ? expand_variables(word.substr(equals + 1), globals_)
                                         : substituted(word.substr(equals + 1));
      file_.arguments[name] = value;
      if (global) {
        globals_[name] = value;
        continue;
      }
      variables_[name] = value;
      arguments_ += name + "=" + shell_quoted(value) + "; ";
    }
  }

  void env(const std::string& rest) {
    const auto words = docker_words(rest);
    if (words.empty()) return;
    if (words.front().find('=') == std::string::npos) {  // the old form: ENV name value
      const auto value = rest.substr(std::min(rest.size(), words.front().size() + 1));
      return set_env(words.front(), std::string(trimmed(value)));
    }
    for (const auto& word : words) {
      const auto equals = word.find('=');
      if (equals != std::string::npos) set_env(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  void set_env(const std::string& name, const std::string& value) {
    variables_[name] = envs_.back()[name] = substituted(value);
    stage().steps.push_back({Kind::env, {name, variables_[name]}});
  }

  void workdir(const std::string& folder) {
    std::string& now = stage().workdir;
    const bool absolute = !folder.empty() && folder.front() == '/';
    now = absolute ? folder : (now.empty() ? "/" : now + "/") + folder;
    stage().steps.push_back({Kind::workdir, {now}});
  }

  void user(const std::string& name) {
    stage().user = name;
    stage().steps.push_back({Kind::user, {name}});
  }

  /// Only shells that a replay's own shell can stand for; their options are set in it.
  void shell(const std::string& rest) {
    const auto words = docker_exec_form(rest);
    const std::string program = words.empty() ? "" : words[0].substr(words[0].rfind('/') + 1);
    if ((program != "bash" && program != "sh") || words.size() < 2 ||
        !words.back().ends_with("c")) {
      return refuse("SHELL " + rest.substr(0, 80));
    }
    std::string options;
    for (std::size_t i = 1; i + 1 < words.size(); ++i) options += " " + shell_quoted(words[i]);
    std::string last = words.back();  // "-c", or "-ec"
    last.pop_back();
    if (last.size() > 1) options += " " + shell_quoted(last);
    shell_ = options.empty() ? "" : "set" + options + "; ";
  }

  void copy(const DockerLine& line) {
    const bool add = line.name == "ADD";
    const std::string rest = substituted(line.rest);
    std::vector<std::string> words = docker_words(rest);
    BuildStep step{Kind::copy, {}, ""};
    std::size_t flags = 0;
    while (flags < words.size() && words[flags].rfind("--", 0) == 0) {
      flag(line.name, words[flags++], step);
    }
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(flags));
    const std::string paths = without_flags(rest);
    if (!paths.empty() && paths.front() == '[') words = docker_exec_form(paths);
    if (words.size() < 2) return refuse(line.name + " without a destination");
    if (!line.heredocs.empty()) return write_files(line, words.back());
    for (std::size_t i = 0; add && i + 1 < words.size(); ++i) {
      if (is_remote(words[i])) refuse("ADD of a URL: " + words[i].substr(0, 200));
      if (is_archive(words[i])) refuse("ADD unpacks an archive: " + words[i].substr(0, 200));
    }
    step.words = std::move(words);
    stage().steps.push_back(std::move(step));
  }

  void flag(const std::string& name, const std::string& word, BuildStep& step) {
    const auto value = word.find('=') == std::string::npos ? "" : word.substr(word.find('=') + 1);
    if (word.rfind("--from", 0) == 0) {
      return copy_from(value, step);
    }
    if (word.rfind("--chmod=", 0) == 0) {
      step.mode = value;
    } else if (word.rfind("--chown=", 0) == 0) {
      step.owner = value;
    } else if (word != "--link") {
      file_.deviations.push_back(fmt::format("{} {} of the Dockerfile not taken", name, word));
    }
  }

  /// COPY <<FILE destination: files that stand in the Dockerfile itself.
  void write_files(const DockerLine& line, const std::string& destination) {
    for (const auto& heredoc : line.heredocs) {
      const std::string to = destination.ends_with("/") ? destination + heredoc.word : destination;
      const std::string body = heredoc.literal ? heredoc.body : substituted(heredoc.body);
      const auto slash = to.rfind('/');
      const std::string folder =
          slash == std::string::npos || slash == 0 ? "." : to.substr(0, slash);
      stage().steps.push_back(
          {Kind::run,
           {fmt::format("mkdir -p {} && printf %s {} > {}", shell_quoted(folder),
                        shell_quoted(body), shell_quoted(to))},
           ""});
    }
  }

  void run(const DockerLine& line) {
    for (const auto& word : docker_words(line.rest)) {
      if (word.rfind("--", 0) != 0) break;
      const bool cache = word.find("type=cache") != std::string::npos ||
                         word.find("type=tmpfs") != std::string::npos;
      if (word.rfind("--mount", 0) == 0 && !cache) refuse("RUN " + word.substr(0, 200));
    }
    const std::string rest = without_flags(line.rest);
    std::string script = rest;
    if (const auto words = docker_exec_form(rest); !words.empty()) {
      script.clear();
      for (const auto& word : words) script += shell_quoted(word) + " ";
    } else if (!line.heredocs.empty()) {
      script = with_bodies(line, rest);
    }
    stage().steps.push_back({Kind::run, {arguments_ + shell_ + script}, ""});
  }

  /// RUN <<EOF is a script; in RUN cat <<EOF the shell reads the body itself.
  std::string with_bodies(const DockerLine& line, const std::string& rest) {
    const Heredoc& first = line.heredocs.front();
    const bool alone = line.heredocs.size() == 1 && rest.rfind("<<", 0) == 0 &&
                       rest.find_first_of(" \t") == std::string::npos;
    if (alone && first.body.rfind("#!", 0) == 0) {
      refuse("RUN with a heredoc for another program: " +
             first.body.substr(0, first.body.find('\n')));
    }
    if (alone) return first.body;
    std::string script = rest + "\n";
    for (const auto& heredoc : line.heredocs) script += heredoc.body + heredoc.word + "\n";
    return script;
  }

  void copy_from(const std::string& written, BuildStep& step) {
    const auto origin = origin_named(written);
    if (!origin) return refuse("COPY --from: files of the image " + written);
    const std::string name = in_lower_case(written);
    step.origin = name;
    if (file_.origins.count(name) > 0) return;
    for (const DockerStage* each : below(*origin)) {
      auto& steps = file_.origins[name];
      steps.insert(steps.end(), each->steps.begin(), each->steps.end());
    }
  }

  /// An earlier stage, by name or number.
  std::optional<std::size_t> origin_named(const std::string& name) const {
    const std::size_t current = file_.stages.size() - 1;
    if (const auto named = earlier(name, current)) return named;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool whole = error == std::errc() && end == name.data() + name.size();
    return whole && number < current ? std::optional(number) : std::nullopt;
  }

  /// A stage and those it is built from, the lowest first.
  std::vector<const DockerStage*> below(std::size_t stage) const {
    std::vector<const DockerStage*> chain = {&file_.stages[stage]};
    for (std::size_t at = stage; at > 0;) {
      const auto next = earlier(chain.back()->from, at);
      if (!next) break;
      at = *next;
      chain.push_back(&file_.stages[at]);
    }
    std::reverse(chain.begin(), chain.end());
    return chain;
  }

  /// The last stage upon those it is built from.
  void flatten() {
    const auto chain = below(file_.stages.size() - 1);
    file_.from = chain.front()->from;
    for (const DockerStage* one : chain) {
      file_.steps.insert(file_.steps.end(), one->steps.begin(), one->steps.end());
      if (!one->workdir.empty()) file_.workdir = one->workdir;
      if (!one->entrypoint.empty()) file_.entrypoint = one->entrypoint;
    }
  }

  /// Names of stages are the same in any case.
  std::optional<std::size_t> earlier(const std::string& name, std::size_t before) const {
    for (std::size_t i = before; i-- > 0;) {
      if (!name.empty() && in_lower_case(file_.stages[i].name) == in_lower_case(name)) return i;
    }
    return {};
  }

  std::string substituted(const std::string& text) const {
    return expand_variables(text, variables_);
  }
  void refuse(const std::string& why) {
    if (file_.unsupported.empty()) file_.unsupported = "Dockerfile: " + why;
  }

  Dockerfile file_;
  Variables globals_;            ///< ARGs before the first FROM
  Variables variables_;          ///< ARGs and ENVs of this stage
  std::vector<Variables> envs_;  ///< ENVs of every stage: one built on it has them too
  std::string arguments_;        ///< "NAME='value'; " of every ARG so far
  std::string shell_;            ///< "set ...; " of a SHELL with options
};

}  // namespace

std::string expand_variables(std::string_view text,
                             const std::map<std::string, std::string>& values) {
  const auto is_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
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
    std::string_view other;
    if (braced) {
      const auto close = text.find('}', end);
      if (close == std::string_view::npos) return out + std::string(text);
      if (close > end + 2) other = text.substr(end + 2, close - end - 2);
      after = close + 1;
    }
    const bool defaulted = braced && text.substr(end, 2) == ":-";
    const bool replaced = braced && text.substr(end, 2) == ":+";
    if (end > start && value != values.end()) {
      out += replaced ? std::string(other) : value->second;
    } else if (defaulted) {
      out += other;
    } else {
      out += text.substr(0, after);
    }
    text.remove_prefix(after);
  }
  return out;
}

Dockerfile parse_dockerfile(std::string_view text) {
  return Reader().read(text);
}

}  // namespace weir
