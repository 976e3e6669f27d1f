#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "results/store/reader.hpp"

namespace weir {

/// Takes one file of an export: its plain name, its bytes. Called as they are made.
using ExportSink = std::function<void(const std::string& name, const std::string& bytes)>;

/// One format a run can be written in. Adding one = one new file and one line in the table
/// of export_run.cpp.
struct ExportFormat {
  std::string_view name;
  std::string_view what;  ///< for people
  /// Writes the run's trials; returns what could not be written, and why.
  std::vector<std::string> (*write)(const Reader& reader, const Run& run, const ExportSink& sink);
};

[[nodiscard]] const std::vector<ExportFormat>& export_formats();

}  // namespace weir
