#include "runners/grade/named_statuses.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

const json* member(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

NamedStatuses failed(std::string why) {
  return {{}, std::move(why)};
}

}  // namespace

NamedStatuses parse_named_statuses(std::string_view text) {
  if (text.size() > kMostNamedStatuses) {
    return failed(fmt::format("its JSON is longer than {} bytes", kMostNamedStatuses));
  }
  json root;
  try {
    root = json::parse(text);
  } catch (const json::exception& error) {
    constexpr std::size_t kSaid = 300;  // it quotes what it read last
    return failed("its output is no JSON: " +
                  to_utf8(std::string_view(error.what()).substr(0, kSaid)));
  }
  const json* tests = member(root, "tests");
  if (tests == nullptr || !tests->is_array()) return failed("its JSON has no array \"tests\"");
  NamedStatuses read;
  for (const auto& test : *tests) {
    const json* name = member(test, "name");
    const json* status = member(test, "status");
    if (name == nullptr || !name->is_string() || status == nullptr || !status->is_string()) {
      return failed(fmt::format("tests[{}] of its JSON has no name and status that are strings",
                                read.tests.size()));
    }
    read.tests.push_back({name->get<std::string>(), status->get<std::string>()});
  }
  return read;
}

NamedStatuses as_live_statuses(const TestStatuses& statuses) {
  NamedStatuses read;
  for (const auto& [name, status] : statuses) {
    const bool passed = status.find("PASS") != std::string::npos;
    const bool skipped = status.find("SKIP") != std::string::npos;
    read.tests.push_back({name, passed ? "pass" : skipped ? "skip" : "fail"});
  }
  return read;
}

}  // namespace weir
