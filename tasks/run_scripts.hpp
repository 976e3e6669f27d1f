#pragma once

#include <filesystem>
#include <string>

namespace weir {

/// How SWE-bench Pro tests one instance: two programs that its repository keeps beside the rows.
struct RunScripts {
  std::string run;     ///< run_script.sh: runs the tests it is given
  std::string parser;  ///< parser.py: makes JSON of what they printed
};

/// Reads DIR/ID/run_script.sh and DIR/ID/parser.py. Throws UserError naming what is missing, what
/// is no file of the folder (links that lead out of it, ids that are no name of one) or too large.
[[nodiscard]] RunScripts read_run_scripts(const std::filesystem::path& folder,
                                          const std::string& instance);

}  // namespace weir
