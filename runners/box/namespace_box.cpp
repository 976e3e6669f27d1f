#include "runners/box/namespace_box.hpp"

#include <fmt/format.h>

#include "runners/box/mounts.hpp"
#include "runners/box/shared_files.hpp"
#include "runners/box/shared_network.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;

NamespaceBox::NamespaceBox(std::shared_ptr<Ground> ground, BoxSpec spec,
                           std::shared_ptr<const LayerStack> stack)
    : InitBox(std::move(spec)),
      ground_(std::move(ground)),
      stack_(std::move(stack)),
      disk_(ground_->new_disk(spec_.limits)) {
  cgroup_ = std::make_unique<Cgroup>(ground_->cgroups(), spec_.limits);
  start();
}

NamespaceBox::~NamespaceBox() {
  stop();
  disk_.reset();  // so that its last layer takes it along, at once
}

bool NamespaceBox::over_disk() const {
  return !disk_->enforced() && spec_.limits.disk && disk_->used() > *spec_.limits.disk;
}

/// Shared memory goes with the box's init: files there are as alive as a process is.
bool NamespaceBox::holds_shared_memory() const {
  std::error_code error;
  const fs::directory_iterator files(fmt::format("/proc/{}/root/dev/shm", init_.pid), error);
  return !error && files != fs::directory_iterator();
}

SnapshotPtr NamespaceBox::snapshot() {
  if (!quiet() || holds_shared_memory()) return nullptr;
  if (active_->empty()) return stack_;
  stop();
  require_dead();
  stack_ = stack_->grown(std::exchange(active_, nullptr));
  if (stack_->layers.size() >= squash_at_) {
    try {
      stack_ = squashed(*stack_);
    } catch (const std::exception&) {
      // Only root may copy every owner and enter every folder; depth costs little.
    }
    squash_at_ = stack_->layers.size() + kSquashAt;  // some layers may have stayed
  }
  start();
  return stack_;
}

namespace {

/// Lets a frozen box go on, whatever happens meanwhile.
class Thaw {
 public:
  explicit Thaw(const Cgroup& group) : group_(group) {}
  ~Thaw() { (void)group_.freeze(false); }
  Thaw(const Thaw&) = delete;
  Thaw& operator=(const Thaw&) = delete;

 private:
  const Cgroup& group_;
};

}  // namespace

SnapshotPtr NamespaceBox::copy() {
  if (lost_) return nullptr;
  const Thaw thaw(*cgroup_);
  if (!cgroup_->freeze(true)) return nullptr;  // every process, init too
  const auto layer =
      std::make_shared<Layer>(ground_->new_disk(spec_.limits), stack_->pieces.size());
  for (std::size_t i = 0; i < stack_->pieces.size(); ++i) {
    const ProcessResult copied =
        run_process({.argv = {"cp", "-a", "--sparse=always", active_->upper(i).string() + "/.",
                              layer->upper(i).string()},
                     .timeout = std::chrono::minutes(5)});
    if (!copied.ok()) return nullptr;
  }
  return stack_->grown(layer);
}

SnapshotPtr NamespaceBox::end() {
  stop();
  require_dead();
  if (!active_ || active_->empty()) return stack_;
  return stack_->grown(std::exchange(active_, nullptr));
}

void NamespaceBox::restore(const SnapshotPtr& snapshot) {
  auto stack = std::dynamic_pointer_cast<const LayerStack>(snapshot);
  if (!stack) throw InfraError("box: the snapshot is of another backend");
  stop();
  require_dead();
  active_.reset();
  stack_ = std::move(stack);
  start();
}

bool NamespaceBox::changed() const {
  return active_ != nullptr && !active_->empty();
}

void NamespaceBox::start() {
  try {
    start_on_disk();
  } catch (const InfraError&) {
    // A full disk has no room for a layer, and filling it must cost nobody the
    // box: what is written from here on goes to another.
    if (!started_before_) throw;
    stop();
    active_.reset();
    disk_ = ground_->new_disk(spec_.limits);
    start_on_disk();
  }
  started_before_ = true;
}

void NamespaceBox::start_on_disk() {
  if (!active_) active_ = std::make_shared<Layer>(disk_, stack_->pieces.size());
  const auto network = std::dynamic_pointer_cast<const NetworkNamespace>(spec_.shared_network);
  if (spec_.shared_network && !network) {
    throw InfraError("box: the network is of another backend");
  }
  init_ = ground_->spawn(*cgroup_, network ? network->fd.get() : -1);
  if (ground_->as_root()) cgroup_->give_to(init_.base);
  connect(std::move(init_.socket));
  set_up();
}

void NamespaceBox::set_up() {
  const bool as_root = ground_->as_root();
  std::vector<Descriptor> mounts;
  std::vector<std::string> texts = {"box"};
  if (as_root) {
    mounts = mount_stack(*stack_, *active_, init_.userns.get(), init_.base, spec_.set_id);
    for (const auto& bind : spec_.read_only) {
      mounts.push_back(clone_read_only(bind.first, init_.userns.get()));
    }
    for (const auto& [volume, path] : spec_.volumes) {
      mounts.push_back(
          clone_writable(dynamic_cast<const SharedFiles&>(*volume).folder, init_.userns.get()));
    }
  } else {
    for (const auto& bind : spec_.read_only) texts.push_back(fs::absolute(bind.first).string());
  }
  // Assembled on a folder that hides nothing still needed.
  texts.push_back(ground_->footing().scratch.string().rfind("/tmp", 0) == 0 ? "/mnt" : "/tmp");
  for (std::size_t i = 0; i < stack_->pieces.size(); ++i) {
    if (i > 0) texts.push_back(stack_->pieces[i].path);
    if (!as_root) texts.push_back(overlay_options(*stack_, *active_, i));
  }
  for (const auto& bind : spec_.read_only) {
    texts.push_back("/" + fs::path(bind.second).relative_path().string());
  }
  for (const auto& volume : spec_.volumes) {
    texts.push_back("/" + fs::path(volume.second).relative_path().string());
  }
  const Descriptor blob = make_blob(texts);
  Request request = setup_request(!ground_->cgroups().memory.empty(),
                                  !ground_->cgroups().pids.empty(), disk_->enforced());
  request.world = as_root ? World::mounts : World::paths;
  request.pieces = static_cast<std::uint32_t>(stack_->pieces.size());
  begin(request, blob.get(), ground_->filter().get(), mounts);
  require_in_place(init_.pid, spec_);
}

/// What does not die within seconds may still write: nothing it can reach is
/// handed on then.
void NamespaceBox::kill() {
  if (!kill_init(init_)) unkillable_ = true;
}

void NamespaceBox::stop() {
  disconnect();
  kill();
}

void NamespaceBox::require_dead() const {
  if (unkillable_) throw InfraError("box: a process of the box could not be ended");
}

}  // namespace weir::box
