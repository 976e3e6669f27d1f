#include "tests/extras/test_image.hpp"

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {

void make_test_image(const Engine& engine) {
  if (engine.run({"image", "exists", kTestImage}).ok()) return;
  const TemporaryFolder folder;
  const ProcessResult made = run_process(
      {.argv = {"bash", "-c",
                "set -e; r=$1; mkdir -p $r/{bin,lib64,etc,tmp,root,proc,dev,app,home/agent}; chmod "
                "1777 $r/tmp; "
                "for p in bash ls cat echo true sleep id mkdir rm cp touch env head chmod chown "
                "stat tr; do "
                "f=/usr/bin/$p; [ -x $f ] || f=/bin/$p; cp -L $f $r/bin/$p; "
                "for l in $(ldd $f | grep -o '/[^ ]*'); do mkdir -p $r$(dirname $l); cp -Ln $l "
                "$r$l; done; done; "
                "ln -s bash $r/bin/sh; echo root:x:0:0::/root:/bin/bash > $r/etc/passwd; "
                "echo agent:x:1000:1000::/home/agent:/bin/bash >> $r/etc/passwd; "
                "chown 1000:1000 $r/home/agent $r/app; echo root:x:0: > $r/etc/group",
                "make", folder.path().string()}});
  if (!made.ok()) throw InfraError("test image: " + made.err);
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
