#include "tasks/patch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

bool starts(std::string_view line, std::string_view prefix) {
  return line.substr(0, prefix.size()) == prefix;
}

/// A name as git quotes it ("a\303\251") without its quotes and escapes.
std::string unquoted(std::string_view name) {
  if (name.size() < 2 || name.front() != '"' || name.back() != '"') return std::string(name);
  name = name.substr(1, name.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '\\' || i + 1 == name.size()) {
      out.push_back(name[i]);
    } else if (name[i + 1] >= '0' && name[i + 1] <= '3' && i + 3 < name.size()) {
      out.push_back(static_cast<char>((name[i + 1] - '0') * 64 + (name[i + 2] - '0') * 8 +
                                      (name[i + 3] - '0')));
      i += 3;
    } else {
      const char c = name[++i];
      out.push_back(c == 'n' ? '\n' : c == 't' ? '\t' : c);
    }
  }
  return out;
}

std::string without_side(std::string path) {
  const bool sided = starts(path, "a/") || starts(path, "b/");
  return sided ? path.substr(2) : path;
}

/// "--- a/x\t2026" -> "x"; "/dev/null" -> "".
std::string path_of(std::string_view line) {
  std::string_view path = line.substr(4);
  path = path.substr(0, path.find('\t'));
  if (!path.empty() && path.back() == '\r') path.remove_suffix(1);
  return path == "/dev/null" ? std::string() : without_side(unquoted(path));
}

/// "diff --git a/x b/x" -> "x", for changes without "---" lines.
std::string git_path(std::string_view line) {
  const auto quoted = line.rfind(" \"b/");
  if (quoted != std::string_view::npos) return without_side(unquoted(line.substr(quoted + 1)));
  const auto at = line.rfind(" b/");
  return at == std::string_view::npos ? std::string() : std::string(line.substr(at + 3));
}

struct Range {
  long start = 0;
  long count = 1;
};

bool parse_range(std::string_view& text, char sign, Range& range) {
  if (text.empty() || text.front() != sign) return false;
  int used = 0;
  const std::string copy(text.substr(1, 40));
  if (std::sscanf(copy.c_str(), "%ld%n", &range.start, &used) != 1) return false;
  text.remove_prefix(1 + static_cast<std::size_t>(used));
  if (text.empty() || text.front() != ',') return true;
  const std::string count(text.substr(1, 40));
  if (std::sscanf(count.c_str(), "%ld%n", &range.count, &used) != 1 || range.count < 0) return false;
  text.remove_prefix(1 + static_cast<std::size_t>(used));
  return true;
}

bool parse_hunk_header(std::string_view line, Hunk& hunk) {
  Range before;
  Range after;
  line.remove_prefix(3);
  if (!parse_range(line, '-', before) || line.empty()) return false;
  line.remove_prefix(1);
  if (!parse_range(line, '+', after) || !starts(line, " @@")) return false;
  hunk = {before.start, before.count, after.start, after.count, std::string(line.substr(3)), {}};
  return true;
}

class PatchReader {
 public:
  explicit PatchReader(std::string_view text) : lines_(split_lines(text)) {}

  Patch read() {
    while (at_ < lines_.size()) {
      const auto line = lines_[at_];
      const bool bare = starts(line, "--- ") && at_ + 1 < lines_.size() &&
                        starts(lines_[at_ + 1], "+++ ");
      if (starts(line, "diff --git ") || (bare && !header_open_)) {
        patch_.files.emplace_back();
        header_open_ = true;
      }
      if (patch_.files.empty()) {
        ++at_;  // mail headers and the like
      } else if (starts(line, "@@ -")) {
        hunk();
      } else {
        header(line);
      }
    }
    return std::move(patch_);
  }

 private:
  void header(std::string_view line) {
    FileChange& file = patch_.files.back();
    if (starts(line, "diff --git ")) file.old_path = file.new_path = git_path(line);
    if (starts(line, "new file mode")) file.old_path.clear();
    if (starts(line, "deleted file mode")) file.new_path.clear();
    for (const std::string_view kind : {"rename", "copy"}) {
      const std::string from = std::string(kind) + " from ";
      const std::string to = std::string(kind) + " to ";
      if (starts(line, from)) file.old_path = unquoted(line.substr(from.size()));
      if (starts(line, to)) file.new_path = unquoted(line.substr(to.size()));
    }
    if (starts(line, "--- ")) file.old_path = path_of(line);
    if (starts(line, "+++ ")) file.new_path = path_of(line);
    file.header.emplace_back(line);
    ++at_;
  }

  void hunk() {
    Hunk hunk;
    const std::size_t opened = at_;
    if (!parse_hunk_header(lines_[at_++], hunk)) malformed(opened);
    long before = hunk.old_count;
    long after = hunk.new_count;
    while (at_ < lines_.size() && (before > 0 || after > 0 || starts(lines_[at_], "\\"))) {
      const std::string_view line = lines_[at_];
      const char kind = line.empty() ? ' ' : line.front();  // mail strips trailing blanks
      if (kind == ' ' || kind == '-') --before;
      if (kind == ' ' || kind == '+') --after;
      if (std::string_view(" +-\\").find(kind) == std::string_view::npos) malformed(at_);
      hunk.lines.emplace_back(line.empty() ? " " : line);
      ++at_;
    }
    if (before != 0 || after != 0) malformed(opened);
    patch_.files.back().hunks.push_back(std::move(hunk));
    header_open_ = false;
  }

  [[noreturn]] void malformed(std::size_t index) const {
    throw UserError(fmt::format("line {}: malformed hunk in the diff", index + 1));
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  bool header_open_ = false;  // a header without a hunk yet: "---" belongs to it
  Patch patch_;
};

long count_lines(const Hunk& hunk, char sign) {
  return std::count_if(hunk.lines.begin(), hunk.lines.end(), [sign](const std::string& line) {
    return line.front() == ' ' || line.front() == sign;
  });
}

}  // namespace

Patch parse_patch(std::string_view text) { return PatchReader(text).read(); }

std::string render(const Patch& patch) {
  std::string out;
  for (const auto& file : patch.files) {
    for (const auto& line : file.header) out += line + "\n";
    for (const auto& hunk : file.hunks) {
      out += fmt::format("@@ -{},{} +{},{} @@{}\n", hunk.old_start, count_lines(hunk, '-'),
                         hunk.new_start, count_lines(hunk, '+'), hunk.section);
      for (const auto& line : hunk.lines) out += line + "\n";
    }
  }
  return out;
}

std::vector<std::string> touched_files(const Patch& patch) {
  std::vector<std::string> paths;
  for (const auto& file : patch.files) {
    for (const auto& path : {file.old_path, file.new_path}) {
      if (!path.empty() && std::find(paths.begin(), paths.end(), path) == paths.end()) {
        paths.push_back(path);
      }
    }
  }
  return paths;
}

bool lacks_content(const FileChange& change) {
  return std::any_of(change.header.begin(), change.header.end(),
                     [](const std::string& line) { return starts(line, "Binary files "); });
}

std::string without_binary_files(std::string_view diff) {
  std::string kept;
  std::size_t begin = 0;  // of the file's part
  bool binary = false;
  const auto end_part = [&](std::size_t end) {
    if (!binary) kept += diff.substr(begin, end - begin);
    begin = end;
    binary = false;
  };
  for (const auto line : split_lines(diff)) {
    const auto at = static_cast<std::size_t>(line.data() - diff.data());
    if (starts(line, "diff --git ") && at > 0) end_part(at);
    constexpr std::string_view kDiffer = " differ";
    const bool differ = starts(line, "Binary files ") && line.size() > kDiffer.size() &&
                        line.substr(line.size() - kDiffer.size()) == kDiffer;
    if (differ || line == "GIT binary patch") binary = true;
  }
  end_part(diff.size());
  return kept;
}

}  // namespace weir
