#include "runners/box/ground.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "runners/box/channel.hpp"
#include "runners/box/filter.hpp"
#include "runners/box/removal.hpp"
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

std::vector<Footing> possible_footings(std::vector<std::string>& refused) {
  std::vector<Footing> footings;
  const auto folders = Scratch::candidates();
  if (::geteuid() == 0) {
    if (std::getenv("WEIR_SCRATCH") == nullptr) footings.push_back({IdMap::range, true});
    for (const auto& folder : folders) footings.push_back({IdMap::range, false, folder});
    return footings;
  }
  std::string why;
  if (const auto subordinate = Subordinate::find(why)) {
    for (const auto& folder : folders) {
      footings.push_back({IdMap::external, false, folder, *subordinate});
    }
  } else {
    refused.push_back("ids by newuidmap: " + why);
  }
  for (const auto& folder : folders) footings.push_back({IdMap::single, false, folder});
  return footings;
}

namespace {

Spawned spawn_mapped(Spawner& spawner, const Footing& footing, const Cgroup& cgroup,
                     int network = -1) {
  Spawned spawned = spawner.spawn(footing.map, cgroup, network);
  if (footing.map == IdMap::external) footing.subordinate.map(spawned.pid);
  return spawned;
}

void remove_mapped(Spawner& spawner, const Footing& footing, const fs::path& folder) {
  if (remove_tree(folder.c_str()) || footing.map != IdMap::external) return;
  try {  // the rest belongs to ids that only a box's root may be
    const Cgroup none({}, {});
    Spawned init = spawn_mapped(spawner, footing, none);
    Channel channel(std::move(init.socket));
    Request request;
    request.op = Op::remove;
    (void)channel.tell(request, std::vector{folder.string()}, "remove " + folder.string());
  } catch (const InfraError&) {  // the next start-up's sweep tries again
  }
}

}  // namespace

Ground::Ground(const Footing& footing)
    : footing_(footing),
      cgroups_(CgroupHome::find()),
      spawner_(std::make_shared<Spawner>()),
      filter_(make_filter()) {
  if (!footing_.in_memory) {
    scratch_ = std::make_shared<Scratch>(footing_.scratch,
                                         [spawner = spawner_, footing](const fs::path& folder) {
                                           remove_mapped(*spawner, footing, folder);
                                         });
  }
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
  bases_ = std::make_unique<Bases>(host, as_root());
}

Spawned Ground::spawn(const Cgroup& cgroup, int network) {
  return spawn_mapped(*spawner_, footing_, cgroup, network);
}

std::shared_ptr<Disk> Ground::new_disk(const BoxLimits& limits) const {
  if (!footing_.in_memory) return Disk::in_folder(scratch_);
  constexpr std::int64_t kUnlimited = std::int64_t{1} << 50;
  return Disk::in_memory(limits.disk.value_or(kUnlimited), limits.inodes);
}

}  // namespace weir::box
