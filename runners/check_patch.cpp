#include "runners/check_patch.hpp"

#include <algorithm>
#include <cctype>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// The delimiter of a heredoc opened on `line`, or "".
std::string heredoc_word(std::string_view line) {
  const auto at = line.find("<<");
  if (at == std::string_view::npos || line.substr(at, 3) == "<<<") return {};
  std::string_view rest = line.substr(at + 2);
  if (!rest.empty() && rest.front() == '-') rest.remove_prefix(1);
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  std::string word;
  for (const char c : rest) {
    if (c == '\'' || c == '"' || c == '\\') continue;
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') break;
    word.push_back(c);
  }
  return word;
}

bool applies_patches(std::string_view line) {
  if (line.find("git apply") != std::string_view::npos) return true;
  const auto at = line.find("patch ");
  return at != std::string_view::npos && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '&' ||
                                          line[at - 1] == ';');
}

/// The folder of a leading "cd DIR &&".
std::string leading_folder(std::string_view line) {
  line = trimmed(line);
  if (line.substr(0, 3) != "cd ") return {};
  const auto end = line.find_first_of("&;", 3);
  if (end == std::string_view::npos) return {};
  std::string folder(trimmed(line.substr(3, end - 3)));
  if (folder.size() > 1 && (folder.front() == '\'' || folder.front() == '"')) {
    folder = folder.substr(1, folder.size() - 2);
  }
  return folder;
}

/// The options between the program's name and the heredoc; nullopt if one of
/// them is not understood.
std::optional<std::vector<std::string>> options_of(std::string_view line) {
  static constexpr std::string_view kIgnored[] = {"-v", "--verbose", "--check", "-N", "--forward",
                                                  "--batch", "-s", "--index", "--whitespace=nowarn"};
  std::vector<std::string> options;
  const auto git = line.rfind("git apply");
  line.remove_prefix(git != std::string_view::npos ? git + 9 : line.rfind("patch ") + 5);
  const auto heredoc = line.find("<<");
  if (heredoc == std::string_view::npos) return {};  // it feeds some other program
  for (std::string_view rest = line.substr(0, heredoc); !trimmed(rest).empty();) {
    rest = trimmed(rest);
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    if (word == "-" || std::find(std::begin(kIgnored), std::end(kIgnored), word) != std::end(kIgnored)) {
      continue;
    }
    const bool strip = word.substr(0, 2) == "-p" && word.size() == 3;
    const bool known = strip || word == "-R" || word == "--reverse" || word == "--3way" ||
                       word.substr(0, 12) == "--directory=";
    if (!known) return {};
    options.emplace_back(word);
  }
  return options;
}

}  // namespace

std::optional<InlinePatch> find_inline_patch(std::string_view command) {
  const auto lines = split_lines(command);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!applies_patches(lines[i])) continue;
    const std::string word = heredoc_word(lines[i]);
    if (word.empty()) continue;
    const auto options = options_of(lines[i]);
    if (!options) return {};
    InlinePatch patch{leading_folder(lines[i]), *options, {}};
    for (std::size_t j = i + 1; j < lines.size() && lines[j] != word; ++j) {
      patch.diff += std::string(lines[j]) + "\n";
    }
    return patch;
  }
  return {};
}

std::optional<bool> patch_applies(Box& box, const InlinePatch& patch, const ExecRequest& like) {
  ExecRequest request;
  request.argv = {"git", "apply", "--check"};
  request.argv.insert(request.argv.end(), patch.options.begin(), patch.options.end());
  request.argv.emplace_back("-");
  request.cwd = patch.folder.empty() ? like.cwd : patch.folder;
  request.env = like.env;
  request.user = like.user;
  request.stdin_bytes = patch.diff;
  request.timeout = milliseconds(10'000);
  request.stop = like.stop;
  const ExecResult result = box.exec(request);
  if (result.status != ExecStatus::exited || result.exit_code >= 126) return {};
  return result.exit_code == 0;
}

}  // namespace weir
