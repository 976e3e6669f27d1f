#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runners/process.hpp"

namespace weir {

/// A container image as an engine knows it.
struct Image {
  std::string id;  ///< "sha256:..." of its configuration: what it is, whatever it is called
  std::vector<std::string> names;
  std::string architecture;  ///< as images say it: amd64, arm64
  std::int64_t bytes = 0;
  std::map<std::string, std::string> env;
  std::string workdir;  ///< "/" if none
  std::string user;     ///< "root" if none
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::vector<std::filesystem::path> layers;  ///< folders on this host, top first; empty if unknown
};

/// What an image is built of.
struct ImageBuild {
  std::filesystem::path folder;           ///< the context
  std::string dockerfile = "Dockerfile";  ///< below it
  std::string target = {};                ///< the stage; "" = the last one
  std::map<std::string, std::string> args = {};
  bool network = false;  ///< the host's, else none
};

/// The command line of podman or docker: it obtains images, and runs the
/// containers of the OCI backend. Every call is a process. Safe to share.
class Engine {
 public:
  /// The engine named, or with "" podman, else docker, whichever is there.
  /// Throws InfraError with the cure if there is none.
  [[nodiscard]] static Engine find(const std::string& name = "");

  /// Looks for the image as it is named, then under its full name. Throws InfraError if it is
  /// not here, naming the command that gets it.
  [[nodiscard]] Image inspect(const std::string& reference) const;
  /// Pulls the image if it is not here. Throws InfraError naming it, the cause and the command
  /// that would get it.
  void obtain(const std::string& reference) const;
  [[nodiscard]] std::vector<Image> list() const;
  /// The rest throw InfraError with the engine's own words.
  void pull(const std::string& reference) const;
  /// A rootfs (folder or tar), or an image archive made by `save`; returns its id.
  [[nodiscard]] std::string import(const std::filesystem::path& from,
                                   const std::string& name) const;
  void remove(const std::string& reference) const;
  /// Builds an image and returns its id. A failing build's log is in the error.
  [[nodiscard]] std::string build(const ImageBuild& build) const;
  /// Writes an image's files to `folder`, once.
  void unpack(const std::string& reference, const std::filesystem::path& folder) const;

  [[nodiscard]] ProcessResult run(std::vector<std::string> arguments,
                                  milliseconds timeout = milliseconds(120'000),
                                  const std::filesystem::path& cwd = {}) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_podman() const { return name_.find("podman") != std::string::npos; }
  /// Where an OCI runtime must be chosen or limits given for containers to start.
  [[nodiscard]] std::vector<std::string> run_flags() const;

 private:
  explicit Engine(std::string name) : name_(std::move(name)) {}
  std::string must(std::vector<std::string> arguments, const std::string& what,
                   milliseconds timeout = std::chrono::minutes(10)) const;

  std::string name_;
};

/// The name by which any engine finds an image: a registry first, where none is named Docker
/// Hub's. "a/b:1" -> "docker.io/a/b:1", "b" -> "docker.io/library/b"; ids stay.
[[nodiscard]] std::string full_name(const std::string& reference);

/// An engine's `inspect` output as images. Throws InfraError if it is not JSON
/// of that shape.
[[nodiscard]] std::vector<Image> parse_images(const std::string& json);

/// What this machine calls itself in an image: amd64, arm64.
[[nodiscard]] std::string host_architecture();

}  // namespace weir
