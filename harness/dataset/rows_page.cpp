#include "harness/dataset/rows_page.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepest = 200;
constexpr std::size_t kLongestMessage = 500;  // bytes

[[noreturn]] void fail(const std::string& what) {
  throw InfraError("the rows service answered something else than rows: " + what);
}

Json parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) fail("a NUL byte");
  try {
    Json value = Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
      if (depth > kDeepest) fail("nested too deeply");
      return true;
    });
    if (!value.is_object()) fail("not a JSON object");
    return value;
  } catch (const Json::exception& error) {
    fail(to_utf8(error.what()));
  }
}

const Json& list_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) fail(fmt::format("no list \"{}\"", key));
  return *found;
}

std::int64_t count_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  const bool counts =
      found != object.end() && found->is_number_integer() && found->get<std::int64_t>() >= 0;
  if (!counts) fail(fmt::format("no count \"{}\"", key));
  return found->get<std::int64_t>();
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (found == object.end() || !found->is_string()) fail(fmt::format("no text \"{}\"", key));
  return found->get<std::string>();
}

std::string line_of(const Json& entry, std::int64_t index) {
  if (!entry.is_object() || count_at(entry, "row_idx") != index) {
    fail(fmt::format("row {} is not where it belongs", index));
  }
  const auto row = entry.find("row");
  if (row == entry.end() || !row->is_object()) fail(fmt::format("row {} is no object", index));
  return row->dump();  // what was parsed is valid UTF-8
}

}  // namespace

RowsPage parse_rows_page(std::string_view text, std::int64_t offset, int length) {
  const Json answer = parse(text);
  RowsPage page;
  page.total = count_at(answer, "num_rows_total");
  const auto partial = answer.find("partial");
  if (partial != answer.end() && *partial == true) {
    throw InfraError("the rows service holds only part of this data set");
  }
  const Json& rows = list_at(answer, "rows");
  if (rows.size() > static_cast<std::size_t>(length)) fail("more rows than were asked for");
  for (const auto& entry : rows) {
    const auto index = offset + static_cast<std::int64_t>(page.lines.size());
    page.lines.push_back(line_of(entry, index));
    const Json& cut = list_at(entry, "truncated_cells");
    if (page.truncated.empty() && !cut.empty()) {
      page.truncated = fmt::format("row {}, column {}", index,
                                   cut[0].is_string() ? cut[0].get<std::string>() : cut[0].dump());
    }
  }
  return page;
}

std::vector<DatasetSplit> parse_splits(std::string_view text) {
  const Json answer = parse(text);
  std::vector<DatasetSplit> splits;
  for (const auto& entry : list_at(answer, "splits")) {
    splits.push_back(
        {text_at(entry, "dataset"), text_at(entry, "config"), text_at(entry, "split")});
  }
  return splits;
}

std::string service_message(std::string_view text) {
  const Json answer = Json::parse(text, nullptr, false);
  if (answer.is_object()) {
    const auto error = answer.find("error");
    if (error != answer.end() && error->is_string()) return error->get<std::string>();
  }
  return to_utf8(trimmed(text.substr(0, kLongestMessage)));
}

}  // namespace weir
