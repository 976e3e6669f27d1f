#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/swebench_instance.hpp"
#include "tasks/task.hpp"

namespace weir {

/// One way to write SWE-bench instances down. Adding one = one line in the table of
/// swebench_dialect.cpp.
struct SwebenchDialect {
  std::string_view name;  ///< "swe-bench", "swe-bench-pro"
  /// Whether a row's keys are this dialect's; the first that says so is taken.
  bool (*recognises)(const nlohmann::json& row);
  SwebenchInstance (*read)(const nlohmann::json& row);
  nlohmann::json (*write)(const SwebenchInstance& instance);
  const char* image_key;  ///< the column of SwebenchInstance::image; "" if none
  /// The image for what stands in that column, if anything does; "" where nobody knows.
  std::string (*image)(const SwebenchInstance& instance);
  /// How the data set itself tests an instance. Throws UserError naming a malformed key.
  OfficialTests (*tests)(const SwebenchInstance& instance);
  /// Where images have the repository; "" = in the image's own working directory.
  const char* workdir;
  /// Why Weir cannot grade a row that no recipe says how to test, whatever it holds; "" if
  /// that depends on the row.
  std::string_view ungradable;
  bool introduces_bug = false;  ///< `patch` does, and its reverse is the solution
  VerdictRule rule = VerdictRule::swe_bench;  ///< where the row itself says how it is tested
};

[[nodiscard]] const std::vector<SwebenchDialect>& swebench_dialects();

/// The dialect of `row`; plain SWE-bench if no other recognises it.
[[nodiscard]] const SwebenchDialect& dialect_of(const nlohmann::json& row);

/// Multi-SWE-bench's rows, which share no key with the others (swebench_multi.cpp).
[[nodiscard]] SwebenchInstance read_multi_instance(const nlohmann::json& row);
[[nodiscard]] nlohmann::json write_multi_instance(const SwebenchInstance& instance);

/// "org__repo-number": the id of a Multi-SWE-bench row or prediction that has none of its
/// own. Throws UserError naming a missing key.
[[nodiscard]] std::string multi_id(const nlohmann::json& row);

/// The readers and writers of all other dialects (swebench_instance.cpp).
[[nodiscard]] SwebenchInstance read_common_instance(const nlohmann::json& row);
[[nodiscard]] nlohmann::json write_common_instance(const SwebenchInstance& instance);

}  // namespace weir
