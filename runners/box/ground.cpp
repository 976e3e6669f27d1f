#include "runners/box/ground.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "runners/box/filter.hpp"
#include "runners/box/skeleton.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;

std::string Footing::name() const {
  static constexpr const char* kMaps[] = {"65,536 ids of their own", "the caller's id alone",
                                          "ids by newuidmap"};
  return fmt::format("{}, {}", kMaps[static_cast<std::size_t>(map)],
                     in_memory ? "files in memory" : "files in " + scratch.string());
}

std::vector<Footing> possible_footings() {
  std::vector<Footing> footings;
  const bool root = ::geteuid() == 0;
  const IdMap map = root ? IdMap::range : IdMap::single;
  if (root && std::getenv("WEIR_SCRATCH") == nullptr) footings.push_back({map, true});
  for (const auto& folder : Scratch::candidates()) footings.push_back({map, false, folder});
  return footings;
}

Ground::Ground(const Footing& footing)
    : footing_(footing), cgroups_(CgroupHome::find()), filter_(make_filter()) {
  if (!footing_.in_memory) scratch_ = std::make_unique<Scratch>(footing_.scratch);
  cgroups_.sweep();
  BoxLimits limits;
  const auto layer = std::make_shared<Layer>(new_disk(limits), 0);
  const fs::path skeleton = layer->folder() / "skeleton";
  fs::create_directory(skeleton);
  build_skeleton(skeleton);
  auto host = std::make_shared<LayerStack>();
  host->keep = layer;
  host->pieces = {{"", {skeleton}}, {"usr", {"/usr"}}};
  if (!as_root()) {
    // A folder takes its owner from the topmost layer: with every folder of /usr
    // owned by the caller, files in them can be made, replaced and removed.
    const fs::path folders = layer->folder() / "folders";
    copy_folders("/usr", folders);
    host->pieces[1].lowers.insert(host->pieces[1].lowers.begin(), folders);
  }
  host_ = host;
}

std::shared_ptr<Disk> Ground::new_disk(const BoxLimits& limits) const {
  if (!footing_.in_memory) return Disk::in_folder(*scratch_);
  constexpr std::int64_t kUnlimited = std::int64_t{1} << 50;
  return Disk::in_memory(limits.disk.value_or(kUnlimited), limits.inodes);
}

std::shared_ptr<const LayerStack> Ground::base(const std::string& name) const {
  if (name == "host") return host_;
  if (!fs::is_directory(name)) {
    throw InfraError(fmt::format("box: {} is not a rootfs folder", name));
  }
  auto stack = std::make_shared<LayerStack>();
  stack->pieces = {{"", {fs::absolute(name)}}};
  return stack;
}

BaseInfo Ground::inspect(const std::string& name) const {
  (void)base(name);
  return {};
}

}  // namespace weir::box
