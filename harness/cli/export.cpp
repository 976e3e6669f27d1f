// weir export: a run in somebody else's format.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "results/exchange/export_run.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir::cli {
namespace {

const ExportFormat& format_named(const std::string& name) {
  const auto& formats = export_formats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const auto& format) { return format.name == name; });
  if (found == formats.end()) throw UserError(fmt::format("no export format \"{}\"", name));
  return *found;
}

}  // namespace

int run(const ExportCommand& command) {
  const ExportFormat& format = format_named(command.format);
  const Reader reader(command.common.db);
  const Run run = reader.find_run(command.run);
  std::vector<std::string> files;
  const auto left_out = format.write(reader, run, [&](const auto& name, const auto& bytes) {
    const std::filesystem::path file = command.output / name;
    replace_file(file, bytes);
    files.push_back(file.string());
  });
  for (const auto& line : left_out) fmt::print(stderr, "left out: {}\n", line);
  if (command.common.json) {
    fmt::print("{}\n", nlohmann::json{{"run", run.id},
                                      {"format", format.name},
                                      {"simulated", run.simulated},
                                      {"files", files},
                                      {"left_out", left_out}}
                           .dump(2));
  } else {
    fmt::print("{} {} written to {}{}\n", files.size(), files.size() == 1 ? "file" : "files",
               command.output.string(), run.simulated ? " (simulated)" : "");
  }
  return kOk;
}

}  // namespace weir::cli
