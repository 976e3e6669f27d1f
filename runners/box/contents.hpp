#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runners/box/channel.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

// Files into and out of a box through its init, which opens them inside and
// hands over descriptors. All throw InfraError if the box is lost.

/// Writes a regular file; throws InfraError if something else is in its place.
void put_file(Channel& channel, std::string_view bytes, const std::string& path, unsigned mode);
/// Copies a host folder, with links and executable bits.
void put_folder(Channel& channel, const std::filesystem::path& folder, const std::string& path);
/// A regular file's first `cap` bytes; nullopt if it is not one.
[[nodiscard]] std::optional<std::string> get_file(Channel& channel, const std::string& path,
                                                  std::size_t cap);
/// Copies a folder of the box to the host; returns what was left out.
[[nodiscard]] std::vector<std::string> get_folder(Channel& channel, const std::string& path,
                                                  const std::filesystem::path& to,
                                                  const TreeCaps& caps);
/// `request`, its script in a file of the box if it is too long for an argument.
[[nodiscard]] ExecRequest with_script_placed(Channel& channel, const ExecRequest& request);

}  // namespace weir::box
