#include "tests/extras/test_image.hpp"

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/rootfs.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {

void make_test_image(const Engine& engine) {
  if (engine.run({"image", "exists", kTestImage}).ok()) return;
  const TemporaryFolder folder;
  make_rootfs(folder.path(), {"bash", "ls", "cat", "echo", "true", "sleep", "id", "mkdir", "rm",
                              "cp", "dd", "touch", "env", "head", "chmod", "chown", "stat", "tr"});
  write_file(folder / "Dockerfile",
             "FROM scratch\nCOPY . /\nENV GREETING=hello\nWORKDIR /app\nUSER agent\n");
  const auto flags = engine.run_flags();
  std::vector<std::string> arguments = {"build",    "--quiet",   "--tag",
                                        kTestImage, "--network", "none"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  arguments.push_back(folder.path().string());
  const ProcessResult built = engine.run(arguments);
  if (!built.ok()) throw InfraError("test image: " + built.err);
}

}  // namespace weir
