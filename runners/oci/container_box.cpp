#include "runners/oci/container_box.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>

#include "runners/box/channel.hpp"
#include "runners/box/shared_files.hpp"
#include "runners/box/spawner.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

constexpr const char* kInside = "/.weir";  // where the container sees the folder
constexpr milliseconds kStartPatience{60'000};

/// A copy of the init that a container can execute.
void place_init(const fs::path& to) {
  const Descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
  struct stat info {};
  off_t at = 0;
  ::fstat(box::init_image(), &info);
  while (at < info.st_size) {
    if (::sendfile(out.get(), box::init_image(), &at,
                   static_cast<std::size_t>(info.st_size - at)) <= 0) {
      throw InfraError("oci: the init cannot be copied");
    }
  }
  ::fchmod(out.get(), 0755);
}

Descriptor listen_at(const fs::path& path) {
  Descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof(address.sun_path)) {
    throw InfraError("oci: " + name +
                     " is too long for a socket; set WEIR_SCRATCH to a shorter one");
  }
  std::memcpy(address.sun_path, name.c_str(), name.size());
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener.get(), 1) != 0) {
    throw InfraError("oci: cannot listen at " + name);
  }
  ::chmod(name.c_str(), 0666);
  return listener;
}

/// The network of a container: shared with others, whose names its files then hold; else its own.
std::vector<std::string> network_arguments(const BoxSpec& spec, const Engine& engine) {
  if (!spec.shared_network) {
    std::vector<std::string> arguments = {"--hostname", "box"};
    if (spec.network != Network::open) arguments.insert(arguments.end(), {"--network", "none"});
    return arguments;
  }
  const auto network = std::dynamic_pointer_cast<const ContainerNetwork>(spec.shared_network);
  if (!network) throw InfraError("oci: the network is of another backend");
  if (!engine.is_podman()) return {"--network", "container:" + network->holder->name()};
  // By its path: podman keeps a container that others name as long as these are there, and they
  // go in no order where the program was killed.
  return {"--network", fmt::format("ns:/proc/{}/ns/net", network->holder->pid()), "--no-hosts"};
}

std::string trimmed_text(const std::string& text) {
  return std::string(trimmed(to_utf8(text)));
}

}  // namespace

// This image alone: the unnamed ones it was made of have owners of their own.
ContainerSnapshot::~ContainerSnapshot() {
  if (owned) (void)engine.run({"rmi", "--force", "--no-prune", id});
}

ContainerBox::ContainerBox(Engine engine, std::shared_ptr<box::Scratch> scratch, BoxSpec spec,
                           std::shared_ptr<const ContainerSnapshot> image, int filter)
    : InitBox(std::move(spec)),
      engine_(std::move(engine)),
      scratch_(std::move(scratch)),
      image_(std::move(image)),
      filter_(filter) {
  try {
    start();
  } catch (const InfraError&) {
    stop();  // the container may run already
    throw;
  }
}

ContainerBox::~ContainerBox() {
  stop();
}

std::vector<std::string> ContainerBox::run_arguments() const {
  const BoxLimits& limits = spec_.limits;
  std::vector<std::string> arguments = {"run", "--detach", "--rm", "--name", name_};
  const auto add = [&](std::initializer_list<std::string> words) {
    arguments.insert(arguments.end(), words);
  };
  add({"--entrypoint", fmt::format("{}/init", kInside), "--workdir", "/", "--user", "0:0"});
  add({"--volume", fmt::format("{}:{}:ro", folder_.string(), kInside)});
  add({"--pids-limit", std::to_string(limits.pids + 1), "--ulimit", "core=0:0"});
  add({"--shm-size", std::to_string(limits.shm), "--cap-drop", "all"});
  for (const char* capability :
       {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "SETFCAP"}) {
    add({"--cap-add", capability});
  }
  for (const auto& flag : engine_.run_flags()) arguments.push_back(flag);
  if (!spec_.set_id) add({"--security-opt", "no-new-privileges"});
  for (const auto& word : network_arguments(spec_, engine_)) arguments.push_back(word);
  if (limits.memory) {
    const std::string bytes = std::to_string(*limits.memory);
    add({"--memory", bytes, "--memory-swap", bytes});
  }
  if (limits.cpus) add({"--cpus", fmt::format("{}", *limits.cpus)});
  for (const auto& [from, to] : spec_.read_only) {
    add({"--volume", fmt::format("{}:{}:ro", fs::absolute(from).string(), to)});
  }
  for (const auto& [volume, to] : spec_.volumes) {
    const auto& folder = dynamic_cast<const ContainerVolume&>(*volume).folder;
    add({"--volume", fmt::format("{}:{}", folder.string(), to)});
  }
  add({image_->id, "--container", fmt::format("{}/socket", kInside)});
  return arguments;
}

void ContainerBox::start() {
  static std::atomic<int> next{0};
  name_ = fmt::format("{}-{}", scratch_->root().filename().string(), next.fetch_add(1));
  started_ = image_;
  folder_ = scratch_->fresh("container");
  place_init(folder_ / "init");
  const Descriptor listener = listen_at(folder_ / "socket");
  // From there: conmon leaves a file `oom` where it was started.
  const ProcessResult started = engine_.run(run_arguments(), kStartPatience, folder_);
  if (!started.ok()) {
    throw InfraError(fmt::format("oci: {} run: {}", engine_.name(), trimmed_text(started.err)));
  }
  pollfd ready{listener.get(), POLLIN, 0};
  const bool came = ::poll(&ready, 1, static_cast<int>(kStartPatience.count())) == 1;
  Descriptor socket(came ? ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC) : -1);
  fs::remove(folder_ / "socket");  // with the listener closed, nobody connects a second time
  if (!socket)
    throw InfraError("oci: the container's init did not call; is the image for this machine?");
  const ProcessResult inspected = engine_.run({"inspect", "--format", "{{.State.Pid}}", name_});
  pid_ = std::atoi(inspected.out.c_str());
  cgroup_ = box::Cgroup::of_process(pid_);
  connect(std::move(socket));
  box::Request request = setup_request(true, true, true);
  request.world = box::World::container;
  request.binds = 0;
  const Descriptor blob = box::make_blob({"box"});
  begin(request, blob.get(), filter_, {});
  box::require_in_place(pid_, spec_);
  changed_ = false;
}

void ContainerBox::stop() {
  if (name_.empty()) return;
  disconnect();  // the init ends, the container with it
  std::vector<std::string> remove = {"rm", "--force", name_};
  if (engine_.is_podman()) remove.insert(remove.end() - 1, {"--time", "0"});
  (void)engine_.run(std::move(remove));
  scratch_->remove(folder_);
  name_.clear();
}

SnapshotPtr ContainerBox::commit(bool pause) {
  const ProcessResult result =
      engine_.run({"commit", "--quiet", "--change",
                   fmt::format("LABEL {}={}", kOwnerLabel, scratch_->root().string()),
                   pause ? "--pause=true" : "--pause=false", name_},
                  std::chrono::minutes(10));
  if (!result.ok()) throw InfraError("oci: commit: " + trimmed_text(result.err));
  auto made = std::make_shared<ContainerSnapshot>(engine_, trimmed_text(result.out), true);
  made->parent = started_;
  return made;
}

SnapshotPtr ContainerBox::snapshot() {
  if (!quiet()) return nullptr;
  if (!changed_) return image_;
  image_ = std::static_pointer_cast<const ContainerSnapshot>(commit(false));
  changed_ = false;
  return image_;
}

SnapshotPtr ContainerBox::copy() {
  try {
    return commit(true);
  } catch (const InfraError&) {  // not every runtime can pause here
    return nullptr;
  }
}

SnapshotPtr ContainerBox::end() {
  kill_all();
  const SnapshotPtr last = changed_ ? commit(false) : image_;
  stop();
  return last;
}

void ContainerBox::restore(const SnapshotPtr& snapshot) {
  auto image = std::dynamic_pointer_cast<const ContainerSnapshot>(snapshot);
  if (!image) throw InfraError("oci: the snapshot is of another backend");
  stop();
  image_ = std::move(image);
  start();
}

ExecResult ContainerBox::exec(const ExecRequest& request) {
  changed_ = true;
  return InitBox::exec(request);
}

void ContainerBox::put(std::string_view bytes, const std::string& path, unsigned mode) {
  changed_ = true;
  InitBox::put(bytes, path, mode);
}

void ContainerBox::put_tree(const fs::path& folder, const std::string& path) {
  changed_ = true;
  InitBox::put_tree(folder, path);
}

std::unique_ptr<Terminal> ContainerBox::open_terminal(const TerminalRequest& request) {
  changed_ = true;
  return InitBox::open_terminal(request);
}

}  // namespace weir
