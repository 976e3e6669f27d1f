// The sandbox on containers of podman or docker.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "runners/box/filter.hpp"
#include "runners/box/removal.hpp"
#include "runners/oci/container_box.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kImage = "image:";

class OciSandbox final : public Sandbox {
 public:
  explicit OciSandbox(const std::string& engine)
      : engine_(Engine::find(engine)), filter_(box::make_filter()) {
    const auto folders = box::Scratch::candidates();
    if (folders.empty()) throw InfraError("oci: no scratch folder; set WEIR_SCRATCH");
    scratch_ = std::make_shared<box::Scratch>(
        folders.back(), [](const fs::path& folder) { (void)box::remove_tree(folder.c_str()); });
    sweep_images();
  }

  std::unique_ptr<Box> create(const BoxSpec& spec) override {
    const std::string defect = spec.limits.defect();
    if (!defect.empty()) throw InfraError("oci: " + defect);
    auto from = std::dynamic_pointer_cast<const ContainerSnapshot>(spec.from);
    if (!from) {
      from = std::make_shared<const ContainerSnapshot>(engine_, image_of(spec.base).id, false);
    }
    return std::make_unique<ContainerBox>(engine_, scratch_, spec, from, filter_.get());
  }

  BaseInfo inspect(const std::string& base) override {
    const Image image = image_of(base);
    return {image.id,   image.env,        image.workdir,
            image.user, image.entrypoint, image.command};
  }

  void obtain(const std::string& base) override {
    if (base.rfind(kImage, 0) == 0) engine_.obtain(base.substr(kImage.size()));
  }

  std::shared_ptr<const SharedNetwork> share_network(const BoxSpec& like) override {
    constexpr std::int64_t kLittle = std::int64_t{64} << 20;
    BoxSpec holder{.base = like.base, .from = like.from, .network = like.network};
    holder.limits.memory = kLittle;
    // Not the relays of a gateway or a proxy: they are the boxes' own.
    if (holder.network != Network::open) holder.network = Network::none;
    auto from = std::dynamic_pointer_cast<const ContainerSnapshot>(like.from);
    if (!from) {
      from = std::make_shared<const ContainerSnapshot>(engine_, image_of(like.base).id, false);
    }
    return std::make_shared<ContainerNetwork>(
        std::make_unique<ContainerBox>(engine_, scratch_, holder, from, filter_.get()));
  }

  std::shared_ptr<const Volume> new_volume(const BoxLimits&) override {
    return std::make_shared<ContainerVolume>(scratch_);
  }

  std::vector<std::string> touched(const SnapshotPtr& later, const SnapshotPtr& earlier,
                                   const std::vector<std::string>& paths) const override {
    auto now = std::dynamic_pointer_cast<const ContainerSnapshot>(later);
    const auto then = std::dynamic_pointer_cast<const ContainerSnapshot>(earlier);
    // Image against image, engines compare times and sizes and miss changes; a
    // commit's own layer misses none, and may name what changed before `earlier`.
    std::set<std::string> changed;
    for (; now && then && now->owned && now->id != then->id; now = now->parent) {
      const ProcessResult result = engine_.run({"diff", now->id});
      if (!result.ok()) throw InfraError("oci: diff: " + result.err);
      for (const auto line : split_lines(result.out)) {  // "C /path", A added, D deleted
        changed.emplace(line.substr(std::min<std::size_t>(2, line.size())));
      }
    }
    std::vector<std::string> found;
    std::copy_if(
        changed.begin(), changed.end(), std::back_inserter(found), [&](const std::string& path) {
          return std::any_of(paths.begin(), paths.end(),
                             [&](const std::string& pattern) { return glob_match(pattern, path); });
        });
    return found;
  }

  std::string description() const override {
    return nlohmann::json{{"backend", "oci"}, {"engine", engine_.name()}, {"degraded", degraded()}}
        .dump();
  }
  std::vector<std::string> degraded() const override { return missing(); }
  std::vector<std::string> missing() const override {
    return {"ids: a container's root is the host's root, held by capabilities and seccomp alone",
            "disk: not limited"};
  }

 private:
  /// Removes images that programs which are gone committed. Their containers
  /// removed themselves when their init lost its socket.
  void sweep_images() const {
    const std::string format = fmt::format("{{{{.ID}}}} {{{{index .Labels \"{}\"}}}}", kOwnerLabel);
    const ProcessResult listed = engine_.run(
        {"images", "--filter", fmt::format("label={}", kOwnerLabel), "--format", format});
    for (const auto line : split_lines(listed.out)) {
      const auto space = line.find(' ');
      if (space == std::string_view::npos || fs::exists(line.substr(space + 1))) continue;
      (void)engine_.run({"rmi", "--force", "--no-prune", std::string(line.substr(0, space))});
    }
  }

  Image image_of(const std::string& base) const {
    if (base.rfind(kImage, 0) != 0) {
      throw InfraError(
          fmt::format("oci: containers start from an image, not from {}; give one, or "
                      "`weir image import` a rootfs",
                      base));
    }
    Image image = engine_.inspect(base.substr(kImage.size()));
    if (!image.architecture.empty() && image.architecture != host_architecture()) {
      throw InfraError(fmt::format("image {} is for {}, this machine is {}",
                                   base.substr(kImage.size()), image.architecture,
                                   host_architecture()));
    }
    return image;
  }

  Engine engine_;
  Descriptor filter_;
  std::shared_ptr<box::Scratch> scratch_;
};

}  // namespace

std::unique_ptr<Sandbox> make_oci_sandbox(const std::string& engine) {
  return std::make_unique<OciSandbox>(engine);
}

}  // namespace weir
