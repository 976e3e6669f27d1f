#pragma once

#include <string>
#include <string_view>

namespace weir {

/// A SWE-bench eval script, cut at the two lines by which it tells where tests begin and end:
/// `: '>>>>> Start Test Output'` and `: '>>>>> End Test Output'`, or echoes of them. Bytes are
/// kept.
struct EvalScript {
  std::string prepare;  ///< before: activates, installs, sets test files back, places tests, builds
  std::string tests;    ///< between: what prints the log
  std::string reset;    ///< behind: sets test files back once more
};

/// Documents within the script (heredocs) hold no markers. Throws UserError (without location) if
/// a marker is missing, stands twice, or stands before its turn. Pure.
[[nodiscard]] EvalScript cut_eval_script(std::string_view script);

/// `script` with every mention of the commit `hash` outside its documents replaced by `name`: a
/// diff is not to be changed. Anything but a full hash (40 or 64 hex digits) is left alone.
[[nodiscard]] std::string with_commit_named(std::string_view script, std::string_view hash,
                                            std::string_view name);

}  // namespace weir
