#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runners/grade/grader.hpp"
#include "runners/grade/verdict_machinery.hpp"

namespace weir {

class ServiceBox;

/// How a verifier is run.
struct VerifierCall {
  std::string script;
  std::map<std::string, std::string> env;  ///< beside the environment's
  std::string user = "root";
  milliseconds timeout;
};

/// The state an agent left, made ready for a verifier: a box in which none of the agent's
/// processes lives, the task's service runs again, and nothing lies where verdicts appear.
/// What goes wrong is written into `verdict`, never an error of the machine: the agent may
/// have broken it. Owned by one thread; room and verdict outlive it.
class FinalBox {
 public:
  FinalBox(const SnapshotPtr& final, const GradingRoom& room, Verdict& verdict);

  /// What the task wants run before the tests come.
  void collect(const std::vector<CollectCommand>& commands);
  /// Takes the task's artifacts out to `folder` (artifacts.hpp).
  [[nodiscard]] std::vector<KeptArtifact> take(const std::vector<Artifact>& artifacts,
                                               const std::filesystem::path& folder);
  /// Whether a file is there: a separate verifier's box may bring its tests.
  [[nodiscard]] bool has(const std::string& file);
  /// Empties /logs/verifier, and /tests unless `keep_tests`. False if the state cannot be graded.
  [[nodiscard]] bool prepare(bool keep_tests = false);
  /// Puts a folder's files at /tests, over what is there. False if something stands in the way.
  [[nodiscard]] bool place(const std::filesystem::path& folder);
  [[nodiscard]] bool place_file(const std::filesystem::path& file, const std::string& path);
  /// Lets whoever the verifier runs as read the tests and start `script` among them.
  [[nodiscard]] bool open(const std::string& script);
  /// If a script among the tests would fetch its tools and has no network: lets the base's own
  /// stand in for them. False if the state cannot be graded.
  [[nodiscard]] bool bring_tools();
  /// Runs the verifier to its end and takes its output as evidence. Nothing if it had none.
  [[nodiscard]] std::optional<ExecResult> verify(const VerifierCall& call);
  /// The files once every process is gone: nothing can be written under the reader's eyes.
  [[nodiscard]] std::unique_ptr<Box> files();
  /// Makes a pass invalid if the agent changed what ran the verifier, or planted what ran in it.
  void doubt(const AgentTask& task) const;

 private:
  void stand_up(const SnapshotPtr& files);
  ExecResult run(const VerifierCall& call);
  void add_scripts(const std::filesystem::path& folder);
  void add_scripts_of_box();
  [[nodiscard]] ExecResult run_in(ServiceBox& service, const CollectCommand& command) const;

  void doubt(const char* what, const std::vector<std::string>& names) const;

  SnapshotPtr final_;
  const GradingRoom& room_;
  Verdict& verdict_;
  ChangedMachinery changed_;
  std::vector<std::string> scripts_;  ///< of the tests
  bool has_tools_ = false;
  std::unique_ptr<Box> box_;
};

}  // namespace weir
