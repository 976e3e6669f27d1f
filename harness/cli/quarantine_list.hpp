#pragma once

#include <filesystem>

#include "results/arm.hpp"
#include "results/quarantine.hpp"

namespace weir::cli {

/// The list that --quarantine names. Throws UserError naming the file and what is wrong with it.
[[nodiscard]] Quarantine read_quarantine(const std::filesystem::path& file);

/// Says on stderr which tasks of the list have another content in the arm, so that nothing is
/// known of them.
void tell_changed(const Quarantine& list, const Arm& arm, const std::filesystem::path& file);

}  // namespace weir::cli
