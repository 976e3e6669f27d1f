#include "results/audit/shell.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace weir {
namespace {

constexpr int kDeepest = 4;

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "time", "fi", "done"});
constexpr auto kWrappers = std::to_array<std::string_view>(
    {"sudo", "env", "nohup", "command", "exec", "builtin", "timeout", "nice", "stdbuf", "xargs"});
constexpr auto kShells = std::to_array<std::string_view>({"bash", "sh", "dash", "zsh", "ksh"});
constexpr auto kExporters =
    std::to_array<std::string_view>({"export", "declare", "typeset", "local", "readonly"});

bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  std::string_view name = word.substr(0, equals);
  if (name.ends_with('+')) name.remove_suffix(1);
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool takes_program_text(std::string_view program) {
  return program.starts_with("python") || program == "node" || program == "perl" ||
         program == "ruby" || program == "php";
}

/// Takes a script apart, character by character.
class ScriptScan {
 public:
  explicit ScriptScan(std::string_view text) : text_(text) {}

  void run() {
    while (at_ < text_.size()) step();
    end_command();
    read_bodies();
  }
  std::vector<ShellCommand> commands;
  std::vector<std::string> nested;  ///< scripts within this one

 private:
  struct Body {
    std::size_t command;
    std::string end;
    bool tabs;  ///< <<-: leading tabs do not count
  };
  enum class Next { word, write, read, body, tabbed_body, text };

  void step() {
    const char c = text_[at_];
    switch (c) {
      case '\\':
        return escape();
      case '\'':
        return single_quoted();
      case '"':
        return double_quoted();
      case '`':
        return backquoted();
      case '\n':
        end_command();
        ++at_;
        read_bodies();
        start_ = at_;
        return;
      case ' ':
      case '\t':
      case '\r':
        end_word();
        ++at_;
        return;
      case '#':
        if (in_word_) return take();
        at_ = std::min(text_.find('\n', at_), text_.size());
        return;
      case '$':
        if (text_.substr(at_).starts_with("$(")) return substitution();
        return take();
      case '&':
        if (text_.substr(at_).starts_with("&>")) {
          end_word();
          ++at_;
          return;
        }
        return separator();
      case ';':
      case '|':
      case '(':
      case ')':
        return separator();
      case '>':
        return output();
      case '<':
        return input();
      default:
        return take();
    }
  }

  void take() {
    in_word_ = true;
    word_ += text_[at_++];
  }

  void separator() {
    end_command();
    start_ = ++at_;
  }

  void escape() {
    if (at_ + 1 >= text_.size()) return take();
    if (text_[at_ + 1] != '\n') {
      in_word_ = true;
      word_ += text_[at_ + 1];
    }
    at_ += 2;
  }

  void single_quoted() {
    const auto end = std::min(text_.find('\'', at_ + 1), text_.size());
    in_word_ = true;
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    at_ = std::min(end + 1, text_.size());
  }

  void double_quoted() {
    in_word_ = true;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '`') {
        backquoted();
      } else if (text_.substr(at_).starts_with("$(")) {
        substitution();
      } else {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        word_ += text_[at_++];
      }
    }
    if (at_ < text_.size()) ++at_;
  }

  void backquoted() {
    const auto end = std::min(text_.find('`', at_ + 1), text_.size());
    within(at_ + 1, end);
    at_ = std::min(end + 1, text_.size());
  }

  /// To the bracket that closes "$(", brackets in quotes left aside.
  void substitution() {
    std::size_t end = at_ + 2;
    int open = 1;
    while (end < text_.size()) {
      const char c = text_[end];
      if (c == '\'') end = std::min(text_.find('\'', end + 1), text_.size() - 1);
      if (c == '\\') ++end;
      if (c == '(') ++open;
      if (c == ')' && --open == 0) break;
      ++end;
    }
    end = std::min(end, text_.size());
    within(at_ + 2, end);
    at_ = std::min(end + 1, text_.size());
  }

  void within(std::size_t from, std::size_t to) {
    nested.emplace_back(text_.substr(from, to - from));
    in_word_ = true;
    word_ += nested.back();
  }

  void output() {
    if (std::all_of(word_.begin(), word_.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      word_.clear();  // 2>
      in_word_ = false;
    }
    end_word();
    ++at_;
    while (at_ < text_.size() && (text_[at_] == '>' || text_[at_] == '|')) ++at_;
    const bool copy = at_ < text_.size() && text_[at_] == '&';
    if (copy) ++at_;
    next_ = copy ? Next::read : Next::write;
  }

  void input() {
    end_word();
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("<<<")) {
      at_ += 3;
      next_ = Next::text;
    } else if (rest.starts_with("<<")) {
      at_ += 2;
      next_ = Next::body;
      if (at_ < text_.size() && text_[at_] == '-') {
        ++at_;
        next_ = Next::tabbed_body;
      }
    } else {
      ++at_;
      next_ = Next::read;
    }
  }

  void end_word() {
    if (!in_word_) return;
    switch (next_) {
      case Next::word:
        command_.words.push_back(std::move(word_));
        break;
      case Next::write:
        command_.redirects.push_back(std::move(word_));
        break;
      case Next::read:
        break;
      case Next::text:
        command_.texts.push_back(std::move(word_));
        break;
      case Next::body:
      case Next::tabbed_body:
        bodies_.push_back({commands.size(), std::move(word_), next_ == Next::tabbed_body});
        break;
    }
    next_ = Next::word;
    word_.clear();
    in_word_ = false;
  }

  void end_command() {
    end_word();
    next_ = Next::word;
    const bool awaits_body = !bodies_.empty() && bodies_.back().command == commands.size();
    if (command_.words.empty() && command_.redirects.empty() && !awaits_body) {
      command_ = {};
      return;
    }
    command_.source = text_.substr(start_, at_ - start_);
    commands.push_back(std::move(command_));
    command_ = {};
  }

  void read_bodies() {
    for (const auto& body : bodies_) {
      std::string text;
      while (at_ < text_.size()) {
        const auto end = std::min(text_.find('\n', at_), text_.size());
        std::string_view line = text_.substr(at_, end - at_);
        at_ = std::min(end + 1, text_.size());
        std::string_view bare = line;
        while (body.tabs && bare.starts_with('\t')) bare.remove_prefix(1);
        if (bare == body.end) break;
        text.append(line).append("\n");
      }
      commands[body.command].texts.push_back(std::move(text));
    }
    bodies_.clear();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;  ///< of the command
  std::string word_;
  bool in_word_ = false;
  Next next_ = Next::word;
  ShellCommand command_;
  std::vector<Body> bodies_;
};

/// How many words from `at` are a wrapper's own: its name, options and their values.
std::size_t wrapper_words(const std::vector<std::string>& words, std::size_t at) {
  const std::string_view name = base_name(words[at]);
  constexpr auto kWithValue =
      std::to_array<std::string_view>({"-u", "-n", "-I", "-P", "-L", "-d", "-s", "-k", "-g", "-C"});
  std::size_t end = at + 1;
  while (end < words.size() && words[end].starts_with('-')) {
    end += among(kWithValue, words[end]) ? 2 : 1;
  }
  if (name == "timeout") ++end;  // how long
  return std::min(end, words.size()) - at;
}

void take_assignments(ShellCommand& command, std::size_t& at) {
  while (at < command.words.size() && is_assignment(command.words[at])) {
    command.assignments.push_back(command.words[at++]);
  }
}

/// Leaves the program as the first word.
void unwrap(ShellCommand& command) {
  std::size_t at = 0;
  const auto& words = command.words;
  while (at < words.size()) {
    const std::size_t before = at;
    take_assignments(command, at);
    if (at < words.size() && among(kKeywords, words[at])) ++at;
    if (at < words.size() && among(kWrappers, base_name(words[at]))) {
      at += wrapper_words(words, at);
    }
    if (at == before) break;
  }
  command.words.erase(command.words.begin(),
                      command.words.begin() + static_cast<std::ptrdiff_t>(at));
  if (!command.words.empty() && among(kExporters, command.words.front())) {
    for (std::size_t i = 1; i < command.words.size(); ++i) {
      if (is_assignment(command.words[i])) command.assignments.push_back(command.words[i]);
    }
  }
}

/// Sets programs given as words apart: of shells as scripts, of others as texts.
void find_programs(ShellCommand& command, std::vector<std::string>& scripts) {
  const std::string program(command.program());
  if (program == "eval") {
    std::string script;
    for (std::size_t i = 1; i < command.words.size(); ++i) script += command.words[i] + " ";
    scripts.push_back(std::move(script));
  }
  const bool shell = among(kShells, program);
  if (shell) scripts.insert(scripts.end(), command.texts.begin(), command.texts.end());
  if (!shell && !takes_program_text(program)) return;
  for (std::size_t i = 1; i + 1 < command.words.size(); ++i) {
    const std::string& word = command.words[i];
    const bool given = word.size() >= 2 && word[0] == '-' && word[1] != '-' &&
                       (word.ends_with('c') || (!shell && word.ends_with('e')));
    if (!given) continue;
    (shell ? scripts : command.texts).push_back(command.words[i + 1]);
    return;
  }
}

void collect(std::string_view script, int depth, std::vector<ShellCommand>& all) {
  ScriptScan scan(script);
  scan.run();
  std::vector<std::string> scripts = std::move(scan.nested);
  for (auto& command : scan.commands) {
    unwrap(command);
    find_programs(command, scripts);
    all.push_back(std::move(command));
  }
  if (depth == kDeepest) return;
  for (const auto& nested : scripts) collect(nested, depth + 1, all);
}

}  // namespace

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view ShellCommand::program() const {
  return words.empty() ? std::string_view() : base_name(words.front());
}

std::vector<ShellCommand> shell_commands(std::string_view script) {
  std::vector<ShellCommand> all;
  collect(script, 0, all);
  return all;
}

std::vector<std::string> written_files(const ShellCommand& command) {
  std::vector<std::string> files = command.redirects;
  const std::string_view program = command.program();
  std::vector<std::string> operands;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const std::string& word = command.words[i];
    if (word.starts_with("of=") && program == "dd") files.push_back(word.substr(3));
    if (!word.starts_with('-')) operands.push_back(word);
  }
  const bool all = program == "tee" || program == "touch" || program == "mkdir" ||
                   program == "truncate" || program == "chmod";
  const bool last = program == "cp" || program == "mv" || program == "ln" || program == "install";
  if (all) files.insert(files.end(), operands.begin(), operands.end());
  if (last && operands.size() >= 2) {
    const std::string& target = operands.back();
    files.push_back(target);
    for (std::size_t i = 0; i + 1 < operands.size(); ++i) {  // if it is a folder
      files.push_back(target + (target.ends_with('/') ? "" : "/") +
                      std::string(base_name(operands[i])));
    }
  }
  return files;
}

}  // namespace weir
