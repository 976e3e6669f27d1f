#include "tasks/compose_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "tasks/compose_service.hpp"
#include "tasks/compose_tree.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

constexpr std::size_t kMostServices = 32;

std::vector<std::string> names_of(const ComposeFile& file) {
  std::vector<std::string> names;
  for (const auto& service : file.services) names.push_back(service.name);
  return names;
}

/// Declared volumes; those that are not made for the task alone are refused.
std::vector<std::string> read_volumes(ComposeNode& root, ComposeFile& out) {
  std::vector<std::string> names;
  const auto volumes = root.find("volumes");
  if (!volumes) return names;
  for (auto [name, value] : volumes->entries()) {
    names.push_back(name);
    if (!value.is_map()) continue;
    for (const char* key : {"external", "driver", "driver_opts"}) {
      if (value.find(key)) out.refused.push_back(fmt::format("volumes.{}.{}", name, key));
    }
  }
  return names;
}

void read_networks(ComposeNode& root, ComposeFile& out) {
  const auto networks = root.find("networks");
  if (!networks) return;
  for (auto [name, value] : networks->entries()) {
    out.networks.push_back(name);
    if (value.is_map() && value.find("external")) {
      out.refused.push_back(fmt::format("networks.{}.external", name));
    }
  }
}

class References {
 public:
  References(const ComposeFile& compose, std::vector<std::string> volumes, const std::string& file)
      : compose_(compose), volumes_(std::move(volumes)), file_(file) {}

  void check(const ComposeService& service) const {
    for (const auto& need : service.run.needs) {
      require(need.service, names_of(compose_), service.name + ".depends_on", "service");
    }
    for (const auto& mount : service.mounts) {
      if (mount.kind != ComposeMount::Kind::volume) continue;
      require(mount.source, volumes_, service.name + ".volumes", "volume declared under volumes");
    }
    for (const auto& network : service.networks) {
      if (network == "default") continue;
      require(network, compose_.networks, service.name + ".networks",
              "network declared under networks");
    }
  }

 private:
  void require(const std::string& name, const std::vector<std::string>& known,
               const std::string& place, const char* what) const {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    throw UserError(fmt::format("{}: services.{}: \"{}\" is no {}{}", file_, place, name, what,
                                did_you_mean(name, known)));
  }

  const ComposeFile& compose_;
  std::vector<std::string> volumes_;
  const std::string& file_;
};

}  // namespace

const ComposeService* ComposeFile::find(const std::string& name) const {
  const auto found = std::find_if(services.begin(), services.end(),
                                  [&](const ComposeService& each) { return each.name == name; });
  return found == services.end() ? nullptr : &*found;
}

ComposeFile read_compose(const std::string& text, const std::string& file,
                         const HostLookup& value_of) {
  const ComposeTree tree = ComposeTree::parse(file, text, value_of);
  ComposeNode root(tree.root, file, "");
  ComposeFile out;
  out.missing = tree.missing;
  out.defaulted = tree.defaulted;
  (void)root.find("version");
  (void)root.find("name");
  const auto services = root.find("services");
  if (!services) root.fail("services: is missing");
  for (const auto& [name, node] : services->entries()) {
    out.services.push_back(read_compose_service(name, node));
  }
  if (out.services.size() > kMostServices) {
    root.fail(fmt::format("services: {} are more than {}", out.services.size(), kMostServices));
  }
  const std::vector<std::string> volumes = read_volumes(root, out);
  read_networks(root, out);
  for (const char* key : {"configs", "secrets", "include", "models"}) {
    if (root.find(key)) out.refused.emplace_back(key);
  }
  const References references(out, volumes, file);
  for (const auto& service : out.services) references.check(service);
  for (const auto& key : root.unknown()) out.unknown.push_back(key);
  try {
    (void)start_order(out);
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: {}", file, error.what()));
  }
  return out;
}

std::vector<std::string> start_order(const ComposeFile& file) {
  std::vector<std::string> order;
  std::vector<std::string> path;
  const std::function<void(const std::string&)> visit = [&](const std::string& name) {
    if (std::find(order.begin(), order.end(), name) != order.end()) return;
    const bool circle = std::find(path.begin(), path.end(), name) != path.end();
    path.push_back(name);
    if (circle) {
      throw UserError(fmt::format("services wait for each other: {}", fmt::join(path, " -> ")));
    }
    for (const auto& need : file.find(name)->run.needs) visit(need.service);
    path.pop_back();
    order.push_back(name);
  };
  for (const auto& service : file.services) visit(service.name);
  return order;
}

}  // namespace weir
