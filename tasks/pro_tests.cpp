#include "tasks/pro_tests.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tasks/error.hpp"
#include "tasks/patch.hpp"

namespace weir {
namespace {

/// Cuts a command into words as a shell would if it only took quotes away.
class Words {
 public:
  explicit Words(std::string_view command) : rest_(command) {}

  std::optional<std::vector<std::string>> all() {
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      const char c = rest_.front();
      if (c == ' ' || c == '\t') {
        end_word();
      } else if (c == '\'' || c == '"') {
        if (!quoted(c)) return {};
      } else if (std::string_view("$`\\*?[]{}()<>|&;~#!\n\r").find(c) != std::string_view::npos) {
        return {};
      } else {
        word_ += c;
        inside_ = true;
      }
    }
    end_word();
    return words_;
  }

 private:
  bool quoted(char quote) {
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return false;
    const std::string_view text = rest_.substr(1, end - 1);
    if (quote == '"' && text.find_first_of("$`\\") != std::string_view::npos) return false;
    word_ += text;
    inside_ = true;
    rest_.remove_prefix(end);
    return true;
  }
  void end_word() {
    if (inside_) words_.push_back(std::move(word_));
    word_.clear();
    inside_ = false;
  }

  std::string_view rest_;
  std::string word_;
  bool inside_ = false;
  std::vector<std::string> words_;
};

/// Whether `file` is one of `paths`, or in a folder that is.
bool is_among(const std::string& file, const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    return file == path || file.rfind(path.back() == '/' ? path : path + "/", 0) == 0;
  });
}

/// Of the test patch, what the evaluator puts in place; `told` gets where that is not all.
std::string placed_part(const std::string& test_patch, const std::vector<std::string>& paths,
                        std::vector<std::string>& told) {
  Patch patch = parse_patch(test_patch);
  auto& files = patch.files;
  files.erase(std::remove_if(files.begin(), files.end(),
                             [&](const FileChange& file) { return !is_among(file.path(), paths); }),
              files.end());
  std::vector<std::string> missing;
  for (const auto& path : paths) {
    const bool carried = std::any_of(files.begin(), files.end(), [&](const FileChange& file) {
      return !lacks_content(file) && is_among(file.path(), {path});
    });
    if (!carried) missing.push_back(path);
  }
  if (!missing.empty()) {
    told.push_back(
        fmt::format("test files of the solution's commit that the row does not carry "
                    "stay the base's: {}",
                    fmt::join(missing, ", ")));
  }
  return render(patch);
}

}  // namespace

std::optional<std::vector<std::string>> checked_out_paths(std::string_view command) {
  const auto words = Words(command).all();
  if (!words || words->size() < 4 || (*words)[0] != "git" || (*words)[1] != "checkout") return {};
  if ((*words)[2].rfind('-', 0) == 0) return {};
  std::size_t first = 3;
  if ((*words)[first] == "--") ++first;
  std::vector<std::string> paths(words->begin() + static_cast<std::ptrdiff_t>(first), words->end());
  for (const auto& path : paths) {
    if (path.empty() || path.front() == '-' || path.front() == ':' || path.front() == '/')
      return {};
  }
  if (paths.empty()) return {};
  return paths;
}

std::vector<std::string> test_as_pro(const RunScripts& scripts, PatchGrading& grading) {
  const OfficialTests& official = grading.official;
  const auto paths = checked_out_paths(official.prepare);
  if (!paths) {
    throw UserError(
        fmt::format("the last line of its before_repo_set_cmd checks out no files: "
                    "\"{}\" (--recipes FILE)",
                    official.prepare));
  }
  std::vector<std::string> told;
  grading.test_patch = placed_part(grading.test_patch, *paths, told);
  // Unquoted, as its evaluator writes them behind the script's name.
  grading.test_command = fmt::format("set -- {}\n{}", fmt::join(official.files, ","), scripts.run);
  grading.log_program = LogProgram{LogProgram::Call::script, scripts.parser};
  grading.rule = VerdictRule::swe_bench_pro;
  return told;
}

}  // namespace weir
