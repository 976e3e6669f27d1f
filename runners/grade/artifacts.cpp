#include "runners/grade/artifacts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// Whether one of the two is the other, or lies in it.
bool overlap(const fs::path& a, const fs::path& b) {
  const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return left == a.end() || right == b.end();
}

/// As an absolute path of the box, without "." and doubled slashes.
std::string source_of(const Artifact& artifact, const std::string& workdir) {
  fs::path source = (fs::path("/") / workdir / artifact.source).lexically_normal();
  if (!source.has_filename()) source = source.parent_path();
  return source.string();
}

/// Below the folder; "" for the folder itself.
fs::path place_of(const Artifact& artifact, const std::string& source) {
  fs::path place = artifact.destination.empty() ? fs::path(source).relative_path()
                                                : fs::path(artifact.destination).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  return place == "." ? fs::path() : place;
}

void measure(const fs::path& path, KeptArtifact& kept) {
  const auto count = [&](const fs::path& file) {
    ++kept.files;
    kept.bytes += static_cast<std::int64_t>(fs::file_size(file));
  };
  if (fs::is_regular_file(path)) return count(path);
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) count(entry.path());
  }
}

std::string summary(const std::vector<std::string>& left_out) {
  if (left_out.empty()) return {};
  const std::string more =
      left_out.size() > 1 ? fmt::format(" (and {} more)", left_out.size() - 1) : "";
  return "left: " + left_out.front() + more;
}

/// In a reader's words.
std::string why_not(const std::string& said) {
  if (said.find("No such file") != std::string::npos) return "is not there";
  if (said.find("Not a directory") != std::string::npos) return "is neither a file nor a folder";
  return said;
}

class Taking {
 public:
  Taking(const ArtifactPlaces& origin_of, const fs::path& folder)
      : origin_of_(origin_of), folder_(folder) {}

  KeptArtifact take(const Artifact& artifact) {
    KeptArtifact kept;
    const auto origin = origin_of_(artifact.service);
    kept.source = source_of(artifact, origin ? origin->workdir : "/");
    const fs::path place = place_of(artifact, kept.source);
    kept.note = origin ? obstacle(place) : fmt::format("there is no service {}", artifact.service);
    if (!kept.note.empty()) return kept;
    TreeCaps caps = left_;
    caps.exclude = artifact.exclude;
    try {
      kept.note = summary(origin->box.get_tree(kept.source, folder_ / place, caps));
    } catch (const std::exception& error) {  // not there, or nothing that can be copied
      kept.note = why_not(error.what());
    }
    if (!fs::exists(folder_ / place)) return kept;
    places_.push_back(place);
    kept.path = place.empty() ? "." : place.string();
    measure(folder_ / place, kept);
    left_.bytes -= kept.bytes;
    left_.entries -= static_cast<int>(kept.files);
    return kept;
  }

 private:
  std::string obstacle(const fs::path& place) const {
    const bool taken = std::any_of(places_.begin(), places_.end(),
                                   [&](const fs::path& other) { return overlap(other, place); });
    return taken ? "an earlier artifact has its place" : "";
  }

  const ArtifactPlaces& origin_of_;
  fs::path folder_;
  TreeCaps left_ = kArtifactCaps;
  std::vector<fs::path> places_;
};

/// Where a verifier's tests and its verdict lie.
bool is_the_verifiers(const fs::path& source) {
  return overlap(source, "/tests") || overlap(source, "/logs/verifier");
}

void give(const KeptArtifact& artifact, const fs::path& from, Box& box) {
  if (fs::is_directory(from)) {
    ExecRequest clear;
    clear.script = "rm -rf -- " + shell_quoted(artifact.source);
    clear.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
    (void)box.exec(clear);
    box.put_tree(from, artifact.source);
    return;
  }
  const bool runs = (fs::status(from).permissions() & fs::perms::owner_exec) != fs::perms::none;
  box.put(read_file(from), artifact.source, runs ? 0755 : 0644);
}

}  // namespace

std::vector<KeptArtifact> take_artifacts(const ArtifactPlaces& place_of,
                                         const std::vector<Artifact>& artifacts,
                                         const fs::path& folder) {
  Taking taking(place_of, folder);
  std::vector<KeptArtifact> all;
  for (const auto& each : artifacts) all.push_back(taking.take(each));
  const auto own = place_of("");
  const auto declared = [&](const Artifact& each) {
    const bool the_agents = each.service.empty() || each.service == "main";
    return the_agents && source_of(each, own->workdir) == kHandedIn;
  };
  if (std::none_of(artifacts.begin(), artifacts.end(), declared)) {
    KeptArtifact handed_in = taking.take({kHandedIn, "", {}, ""});
    if (handed_in.files > 0 || handed_in.note.rfind("left:", 0) == 0) {
      all.insert(all.begin(), std::move(handed_in));
    }
  }
  return all;
}

std::vector<KeptArtifact> take_artifacts(Box& box, const std::vector<Artifact>& artifacts,
                                         const std::string& workdir, const fs::path& folder) {
  const auto place_of = [&](const std::string& service) -> std::optional<ArtifactPlace> {
    if (!service.empty() && service != "main") return {};
    return ArtifactPlace{box, workdir};
  };
  return take_artifacts(place_of, artifacts, folder);
}

void keep_artifacts(std::vector<KeptArtifact>& artifacts, const fs::path& from,
                    const fs::path& to) {
  std::error_code error;
  fs::remove_all(to, error);
  for (auto& each : artifacts) {
    if (each.path.empty()) continue;
    fs::create_directories((to / each.path).parent_path(), error);
    fs::copy(from / each.path, to / each.path, fs::copy_options::recursive, error);
    if (!error) continue;
    each.note = fmt::format("not kept: {}", error.message());
    each.path.clear();
  }
}

std::vector<std::string> give_artifacts(const std::vector<KeptArtifact>& artifacts,
                                        const fs::path& folder, Box& box) {
  std::vector<std::string> not_given;
  for (const auto& each : artifacts) {
    if (each.path.empty()) continue;
    if (is_the_verifiers(each.source)) {
      not_given.push_back(each.source + ": lies where the verifier's own files do");
      continue;
    }
    try {
      give(each, folder / each.path, box);
    } catch (const InfraError& error) {
      not_given.push_back(fmt::format("{}: {}", each.source, error.what()));
    }
  }
  return not_given;
}

}  // namespace weir
