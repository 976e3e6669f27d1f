#pragma once

#include "harness/cli/options.hpp"

namespace CLI {
class App;
}

namespace weir::cli {

// Options of the commands that judge and make tasks; parse.cpp has the others.

void add_sources(CLI::App& sub, SuiteSources& sources);
void add_validate_options(CLI::App& sub, ValidateCommand& command);
void add_grade_options(CLI::App& sub, GradeCommand& command);
void add_init_options(CLI::App& sub, TasksInitCommand& command);

}  // namespace weir::cli
