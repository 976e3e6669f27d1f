#include "harness/cli/quarantine_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tasks/files.hpp"

namespace weir::cli {

Quarantine read_quarantine(const std::filesystem::path& file) {
  return parse_quarantine(read_file(file), file.string());
}

void tell_changed(const Quarantine& list, const Arm& arm, const std::filesystem::path& file) {
  const auto changed = list.changed(arm);
  if (changed.empty()) return;
  fmt::print(stderr,
             "{}: {} tasks have another content in run {}, so nothing is known of them: {}\n",
             file.string(), changed.size(), arm.run.id.substr(0, 12), fmt::join(changed, " "));
}

}  // namespace weir::cli
