#include "tasks/compose_mounts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

bool is_path(const std::string& source) {
  return !source.empty() &&
         (source.front() == '.' || source.front() == '/' || source.front() == '~');
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t colon = 0; (colon = text.find(':', begin)) != std::string::npos;
       begin = colon + 1) {
    parts.push_back(text.substr(begin, colon - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

bool read_only_mode(const ComposeNode& node, const std::string& mode) {
  bool read_only = false;
  for (std::size_t begin = 0; begin <= mode.size();) {
    const auto comma = std::min(mode.find(',', begin), mode.size());
    const std::string word = mode.substr(begin, comma - begin);
    const bool known = word == "ro" || word == "rw" || word == "z" || word == "Z" ||
                       word == "cached" || word == "delegated" || word == "consistent" ||
                       word == "nocopy" || word == "rprivate" || word == "private";
    if (!known) node.fail(fmt::format("\"{}\" is no mode of a mount (ro, rw)", word));
    read_only = read_only || word == "ro";
    begin = comma + 1;
  }
  return read_only;
}

ComposeMount short_form(const ComposeNode& node) {
  const auto parts = parts_of(node.text());
  ComposeMount mount;
  if (parts.size() > 3) node.fail(fmt::format("\"{}\" has too many parts", node.text()));
  if (parts.size() == 1) {
    mount.target = parts[0];
  } else {
    mount.source = parts[0];
    mount.target = parts[1];
    mount.kind = is_path(mount.source) ? ComposeMount::Kind::bind : ComposeMount::Kind::volume;
    if (parts.size() == 3) mount.read_only = read_only_mode(node, parts[2]);
  }
  return mount;
}

/// nullopt where it is another kind of mount, which is refused or needs nothing.
std::optional<ComposeMount> long_form(ComposeNode node, std::vector<std::string>& refused) {
  const auto type = node.find("type");
  const std::string kind = type ? type->text() : "volume";
  ComposeMount mount;
  if (const auto source = node.find("source")) mount.source = source->text();
  if (const auto source = node.find("src")) mount.source = source->text();
  for (const char* key : {"target", "dst", "destination"}) {
    if (const auto target = node.find(key)) mount.target = target->text();
  }
  if (const auto read_only = node.find("read_only")) mount.read_only = read_only->flag();
  if (kind == "tmpfs") return {};
  if (kind == "bind") {
    mount.kind = ComposeMount::Kind::bind;
  } else if (kind == "volume") {
    mount.kind = mount.source.empty() ? ComposeMount::Kind::anonymous : ComposeMount::Kind::volume;
    auto options = node.find("volume");
    if (options && options->find("subpath")) refused.emplace_back("volumes: a volume's subpath");
  } else {
    refused.push_back(fmt::format("volumes: a mount of type {}", kind));
    return {};
  }
  return mount;
}

}  // namespace

std::vector<ComposeMount> read_compose_mounts(ComposeNode node, std::vector<std::string>& refused) {
  std::vector<ComposeMount> mounts;
  for (const auto& item : node.items()) {
    const auto mount = item.is_text() ? short_form(item) : long_form(item, refused);
    if (!mount) continue;
    if (mount->target.empty() || mount->target.front() != '/') {
      item.fail(fmt::format("\"{}\" is no absolute path in a box", mount->target));
    }
    if (mount->kind != ComposeMount::Kind::anonymous && mount->source.empty()) {
      item.fail("a mount without a source");
    }
    mounts.push_back(*mount);
  }
  return mounts;
}

}  // namespace weir
