// doctest (the C++ one) with -s -r=xml.

#include <algorithm>
#include <tuple>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"
#include "runners/grade/logs/xml.hpp"

namespace weir::logs {
namespace {

/// An element that is open: a TestCase, a SubCase, or anything else.
struct Element {
  std::size_t number = 0;  ///< in the order of the opening tags
  std::string name;
  bool failed = false;  ///< an Expression in it was not a success
};

struct Row {
  std::size_t test;
  std::size_t part;
  std::string name;
  bool passed;
};

/// One row for each SubCase in each TestCase around it.
class Report {
 public:
  void open(const XmlReader::Tag& tag) {
    ++count_;
    const std::string name(tag.attribute("name").value_or("None"));
    if (tag.name == "TestCase") tests_.push_back({count_, name});
    if (tag.name == "SubCase") parts_.push_back({count_, name});
    if (tag.name == "Expression" && tag.attribute("success").value_or("") != "true") fail();
  }

  void close(std::string_view tag) {
    if (tag == "TestCase") tests_.pop_back();
    if (tag != "SubCase") return;
    const Element part = parts_.back();
    parts_.pop_back();
    if (part.failed) fail();
    for (const auto& test : tests_) {
      rows_.push_back({test.number, part.number,
                       budget_.spend(joined({test.name}, part.name, " > ")), !part.failed});
    }
  }

  /// In the official order: test by test, then part by part, as they begin.
  TestStatuses statuses() {
    std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      return std::tie(a.test, a.part) < std::tie(b.test, b.part);
    });
    TestStatuses statuses;
    for (const auto& row : rows_) statuses[row.name] = row.passed ? "PASSED" : "FAILED";
    return statuses;
  }

 private:
  void fail() {
    if (!parts_.empty()) parts_.back().failed = true;
  }

  std::size_t count_ = 0;
  std::vector<Element> tests_;
  std::vector<Element> parts_;
  std::vector<Row> rows_;
  NameBudget budget_;
};

}  // namespace

/// From "<doctest" to the next "</doctest>".
TestStatuses parse_doctest(std::string_view log, const LogSource&) {
  constexpr std::string_view kEnd = "</doctest>";
  const auto begin = log.find("<doctest");
  if (begin == std::string_view::npos) return {};
  const auto end = log.find(kEnd, begin);
  if (end == std::string_view::npos) throw ParserFailed("doctest's XML does not end");
  XmlReader reader(log.substr(begin, end + kEnd.size() - begin));
  Report report;
  while (const auto tag = reader.next()) {
    if (tag->opens) {
      report.open(*tag);
    } else {
      report.close(tag->name);
    }
  }
  return report.statuses();
}

}  // namespace weir::logs
