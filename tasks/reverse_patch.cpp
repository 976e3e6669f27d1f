#include "tasks/reverse_patch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/error.hpp"

namespace weir {
namespace {

/// What follows `prefix` in `line`, if it begins so.
bool after(const std::string& line, std::string_view prefix, std::string& rest) {
  if (line.compare(0, prefix.size(), prefix) != 0) return false;
  rest = line.substr(prefix.size());
  return true;
}

/// "a/x" or "\"a/x\"" -> the same of the other side.
std::string other_side(std::string name, char side) {
  const std::size_t at = name.substr(0, 1) == "\"" ? 1 : 0;
  const bool sided =
      name.size() > at + 1 && name[at + 1] == '/' && (name[at] == 'a' || name[at] == 'b');
  if (sided) name[at] = side;
  return name;
}

/// A name as in "rename from": without a side.
std::string with_side(const std::string& name, const char* side) {
  return name.substr(0, 1) == "\"" ? "\"" + std::string(side) + name.substr(1) : side + name;
}

/// "1a2b..3c4d 100644" -> "3c4d..1a2b 100644".
std::string swapped_index(const std::string& text) {
  const auto dots = text.find("..");
  if (dots == std::string::npos) return text;
  const auto end = std::min(text.find(' ', dots), text.size());
  return text.substr(dots + 2, end - dots - 2) + ".." + text.substr(0, dots) + text.substr(end);
}

/// The two lines of a header that belong together, as they stood.
struct Pair {
  std::string from;
  std::string to;
  [[nodiscard]] bool given() const { return !from.empty() || !to.empty(); }
};

// Where in a header a pair stands; no line of a diff holds a line end.
constexpr const char* kMode = "\nmode";
constexpr const char* kRename = "\nrename";
constexpr const char* kPaths = "\npaths";

class HeaderTurner {
 public:
  std::vector<std::string> turn(const FileChange& file) {
    for (const auto& line : file.header) read(line);
    std::vector<std::string> out;
    for (auto& line : lines_) {
      if (line == kMode) {
        out.push_back("old mode " + mode_.to);
        out.push_back("new mode " + mode_.from);
      } else if (line == kRename) {
        out.push_back("rename from " + rename_.to);
        out.push_back("rename to " + rename_.from);
      } else if (line == kPaths) {
        out.push_back("--- " + other_side(path_.to, 'a'));
        out.push_back("+++ " + other_side(path_.from, 'b'));
      } else {
        out.push_back(std::move(line));
      }
    }
    if (rename_.given() && !out.empty() && out[0].compare(0, 11, "diff --git ") == 0) {
      out[0] = "diff --git " + with_side(rename_.to, "a/") + " " + with_side(rename_.from, "b/");
    }
    return out;
  }

 private:
  void read(const std::string& line) {
    std::string rest;
    if (after(line, "old mode ", mode_.from) || after(line, "rename from ", rename_.from) ||
        after(line, "--- ", path_.from)) {
      return;
    }
    if (after(line, "new mode ", mode_.to)) {
      lines_.emplace_back(kMode);
    } else if (after(line, "rename to ", rename_.to)) {
      lines_.emplace_back(kRename);
    } else if (after(line, "+++ ", path_.to)) {
      lines_.emplace_back(kPaths);
    } else if (after(line, "new file mode ", rest)) {
      lines_.push_back("deleted file mode " + rest);
    } else if (after(line, "deleted file mode ", rest)) {
      lines_.push_back("new file mode " + rest);
    } else if (after(line, "index ", rest)) {
      lines_.push_back("index " + swapped_index(rest));
    } else {
      refuse(line);
      lines_.push_back(line);
    }
  }

  static void refuse(const std::string& line) {
    for (const char* lost : {"copy from ", "Binary files ", "GIT binary patch"}) {
      std::string rest;
      if (after(line, lost, rest)) {
        throw UserError(fmt::format("the diff cannot be reversed: it has \"{}\"", line));
      }
    }
  }

  std::vector<std::string> lines_;
  Pair mode_;
  Pair rename_;
  Pair path_;
};

/// Lines with their signs exchanged; of each change what is removed comes first, as git
/// writes it.
std::vector<std::string> turned(const std::vector<std::string>& lines) {
  std::vector<std::string> out;
  std::vector<std::string> added;
  bool in_added = false;
  const auto end_change = [&] {
    out.insert(out.end(), added.begin(), added.end());
    added.clear();
    in_added = false;
  };
  for (const auto& line : lines) {
    switch (line.front()) {
      case '-':
        added.push_back("+" + line.substr(1));
        in_added = true;
        break;
      case '+':
        out.push_back("-" + line.substr(1));
        in_added = false;
        break;
      case '\\':  // of the line before it
        (in_added ? added : out).push_back(line);
        break;
      default:
        end_change();
        out.push_back(line);
    }
  }
  end_change();
  return out;
}

}  // namespace

Patch reversed(const Patch& patch) {
  Patch back;
  for (const auto& file : patch.files) {
    FileChange& turned_file = back.files.emplace_back();
    turned_file.header = HeaderTurner().turn(file);
    turned_file.old_path = file.new_path;
    turned_file.new_path = file.old_path;
    for (const auto& hunk : file.hunks) {
      turned_file.hunks.push_back({hunk.new_start, hunk.new_count, hunk.old_start, hunk.old_count,
                                   hunk.section, turned(hunk.lines)});
    }
  }
  return back;
}

}  // namespace weir
