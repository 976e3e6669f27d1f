// preact's tree of suites under karma.

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

/// The tree of preact's reporter: deeper is a suite in a suite.
class KarmaTree {
 public:
  /// An indented line without a mark; `indent` counts its white space but one.
  void enter(std::size_t indent, std::string_view name) {
    if (indent == 0 || static_cast<long>(indent) == indent_) return;
    const bool deeper = static_cast<long>(indent) > indent_;
    indent_ = static_cast<long>(indent);
    if (deeper) {
      suites_.push_back(name);
    } else if (suites_.empty()) {
      throw ParserFailed("a suite ends that never began: " + std::string(name.substr(0, 80)));
    } else {
      suites_.pop_back();
    }
  }
  [[nodiscard]] std::string name_of(std::string_view test) const {
    return joined(suites_, test, " > ");
  }

 private:
  long indent_ = -1;
  std::vector<std::string_view> suites_;
};

}  // namespace

/// preact: between "Starting browser" and "SUMMARY:", "✔ NAME" in a tree of suites.
TestStatuses parse_karma(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  NameBudget budget;
  KarmaTree tree;
  bool started = false;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    if (starts(line, "SUMMARY:")) break;
    if (contains(line, "Starting browser")) {
      started = true;
      continue;
    }
    if (!started) continue;
    std::string_view rest = left_stripped(line);
    const bool passed = take(rest, "✔");
    if ((passed || take(rest, "✖")) && take_space(rest)) {
      statuses[budget.spend(tree.name_of(rest))] = passed ? "PASSED" : "FAILED";
    } else if (const std::size_t indent = indentation(line); indent > 0) {
      tree.enter(indent - 1, left_stripped(line));
    }
  }
  return statuses;
}

}  // namespace weir::logs
