#include "results/report/document.hpp"

#include <algorithm>

#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {

std::string full_title(const Document& document) {
  return document.title + (document.simulated ? " (simulated models: not a measurement)" : "");
}

Document only_section(const Document& document, const std::string& name, bool with_parts) {
  std::vector<std::string> names;
  Document only = document;
  only.sections.clear();
  for (const auto& section : document.sections) {
    names.push_back(section.name);
    const bool part = with_parts && section.name.rfind(name + "-", 0) == 0;
    if (section.name == name || part) only.sections.push_back(section);
  }
  const bool head = name == document.sections.front().name;
  if (!head) only.notices.clear();  // they are about the whole table
  if (!only.sections.empty()) return only;
  std::string all;
  for (const auto& each : names) all += (all.empty() ? "" : ", ") + each;
  throw UserError("no section \"" + name + "\"" + did_you_mean(name, names) +
                  "; there are: " + all);
}

}  // namespace weir
