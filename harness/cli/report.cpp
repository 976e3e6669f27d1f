// weir report: tables to publish, in every format.

#include "results/report/report.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/quarantine_list.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir::cli {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// A run's report as text; `part`: which of its files, for formats that have several.
struct File {
  std::string name;
  std::string text;
};

std::string extension(const std::string& format) {
  if (format == "markdown") return "md";
  if (format == "latex") return "tex";
  return format == "junit" ? "xml" : format;
}

std::string dumped(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

/// CSV has no way to tell tables apart: a file for each section.
std::vector<File> csv_files(const Document& document, const std::string& name) {
  std::vector<File> files;
  for (const auto& section : document.sections) {
    if (section.tables.empty()) continue;
    files.push_back({name + "-" + section.name + ".csv", to_csv(section, document.simulated)});
  }
  return files;
}

/// Adds the tasks of a list to those quarantined by the database's own runs.
void take_quarantine(RunReport& report, const fs::path& file) {
  const Quarantine list = read_quarantine(file);
  report.has_list = true;
  if (report.arms.empty()) return;
  const Arm& arm = report.arms.front();  // all arms of a run have its tasks
  std::set<std::string> tasks = list.of(arm);
  tasks.insert(report.quarantined.begin(), report.quarantined.end());
  report.quarantined.assign(tasks.begin(), tasks.end());
  tell_changed(list, arm, file);
}

std::vector<File> files_of(const Reader& reader, const Run& run, const ReportCommand& command) {
  RunReport report = reader.report(run, "");
  const std::string name = plain_file_name(run.name) + "-" + run.id.substr(0, 12);
  if (command.format == "junit") {
    if (!command.section.empty()) throw UserError("--section does not go with --format junit");
    if (!command.quarantine.empty()) {
      throw UserError("--quarantine does not go with --format junit, which has no rates");
    }
    return {{name + ".xml", to_junit(report)}};
  }
  if (!command.quarantine.empty()) take_quarantine(report, command.quarantine);
  for (auto& pair : report.pairs) reader.find_turns(pair.flips);
  Document document = full_document(report);
  if (!command.section.empty()) {  // csv holds one table: that section's own
    document = only_section(document, command.section, command.format != "csv");
  }
  if (command.format == "csv") return csv_files(document, name);
  std::string text;
  if (command.format == "markdown") text = to_markdown(document);
  if (command.format == "latex") text = to_latex(document);
  if (command.format == "html") text = to_html(document);
  if (command.format == "json") {
    json object = json_of(document);
    object["run"] = json_report(report.comparison);
    object["pairs"] = json::array();
    for (const auto& pair : report.pairs) object["pairs"].push_back(json_of(pair));
    text = dumped(object);
  }
  return {{name + "." + extension(command.format), text}};
}

void write(const fs::path& file, const std::string& text) {
  replace_file(file, text);
  fmt::print(stderr, "wrote {}\n", file.string());
}

}  // namespace

int run(const ReportCommand& asked) {
  ReportCommand command = asked;
  if (command.common.json) command.format = "json";
  const Reader reader(command.common.db);
  std::vector<std::string> names = command.runs;
  if (names.empty()) names.emplace_back("latest");
  std::vector<File> files;
  for (const auto& name : names) {
    for (auto& file : files_of(reader, reader.find_run(name), command))
      files.push_back(std::move(file));
  }
  if (files.empty()) {
    throw UserError(fmt::format("section {} holds no table here", command.section));
  }
  if (command.output.empty()) {
    if (names.size() > 1 && command.format != "markdown") {
      throw UserError(fmt::format("{} holds one run: give a folder with -o DIR", command.format));
    }
    if (command.format == "csv" && files.size() > 1) {
      throw UserError(
          "csv holds one table: choose it with --section NAME (headline, pairs, suites, "
          "...), or give a folder with -o DIR");
    }
    for (const auto& file : files) fmt::print("{}", file.text);
    return kOk;
  }
  const bool folder = files.size() > 1 || fs::is_directory(command.output);
  if (!folder) {
    write(command.output, files.front().text);
    return kOk;
  }
  if (fs::exists(command.output) && !fs::is_directory(command.output)) {
    throw UserError(fmt::format("{}: {} files do not go into one; -o must be a folder",
                                command.output.string(), files.size()));
  }
  for (const auto& file : files) write(command.output / file.name, file.text);
  return kOk;
}

}  // namespace weir::cli
