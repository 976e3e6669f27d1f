#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// Looks up a variable of the host; nullopt if it is not set. Injected, so that nothing of
/// the host's environment is read unless its owner says so.
using HostLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// What became of values with ${VAR} and ${VAR:-default} in them.
struct ResolvedEnv {
  std::map<std::string, std::string> values;
  std::vector<std::string> missing;    ///< "NAME needs the host's VAR": left out of `values`
  std::vector<std::string> defaulted;  ///< "NAME takes the default of VAR"
};

/// Replaces every ${VAR} and ${VAR:-default}. Anything else, "$VAR" and "${" without an end
/// too, stays as it is. A default may be empty, and holds no further template.
[[nodiscard]] ResolvedEnv resolve_env(const std::map<std::string, std::string>& templates,
                                      const HostLookup& host);

}  // namespace weir
