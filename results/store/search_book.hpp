#pragma once

#include <filesystem>
#include <string>

#include "tasks/units.hpp"

namespace weir {

/// How often data were searched for a threshold: a promise is one search's, not the luckiest
/// one's of several. Enters `request` (what was asked, as text) as a search of `data` (a digest,
/// or the runs' ids) and returns how many different ones the database knows of these data, this
/// one too; the same request asked again is no new search. Throws UserError or InfraError if
/// the database cannot be written.
[[nodiscard]] int enter_search(const std::filesystem::path& database, const std::string& data,
                               const std::string& request, TimePoint at);

}  // namespace weir
