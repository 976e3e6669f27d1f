#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runners/sandbox.hpp"

namespace weir {

// Users of a box, as docker knows them: by name, which the box must have, or by uid, which may
// be nobody's; "user:group" too.

/// The home of `user` by the text of a passwd(5) file: "/" for a uid that is nobody's, nullopt
/// for a name that is.
[[nodiscard]] std::optional<std::string> home_of(std::string_view passwd, const std::string& user);

/// Makes HOME in `env` the user's own, where it is still the root's. Throws InfraError if the
/// box has no user of that name.
void take_home(Box& box, const std::string& user, std::map<std::string, std::string>& env);

}  // namespace weir
