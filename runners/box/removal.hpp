#pragma once

namespace weir::box {

/// Removes a folder of ours and all that an enemy put below it: trees deeper
/// than any path or descriptor table, folders without permissions. Never follows
/// a link. False if something could not be removed. Plain system calls: the init
/// uses it too, for what only its ids may remove.
bool remove_tree(const char* folder);

}  // namespace weir::box
