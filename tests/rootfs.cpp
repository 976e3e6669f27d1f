#include "tests/rootfs.hpp"

#include "runners/process.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr const char* kMake = R"sh(
set -e
r=$1; shift
mkdir -p "$r"/{bin,lib64,usr/bin,etc,tmp,root,proc,dev,app,home/agent}
chmod 1777 "$r/tmp"
for p in "$@"; do
  f=/usr/bin/$p; [ -x "$f" ] || f=/bin/$p
  cp -L "$f" "$r/bin/$p"
  for l in $(ldd "$f" | grep -o '/[^ ]*'); do
    mkdir -p "$r$(dirname "$l")"; cp -Ln "$l" "$r$l"
  done
done
ln -s bash "$r/bin/sh"
ln -s /bin/env "$r/usr/bin/env"
echo root:x:0:0::/root:/bin/bash > "$r/etc/passwd"
echo agent:x:1000:1000::/home/agent:/bin/bash >> "$r/etc/passwd"
chown 1000:1000 "$r/home/agent" "$r/app"
echo root:x:0: > "$r/etc/group"
)sh";

}  // namespace

void make_rootfs(const std::filesystem::path& folder, const std::vector<std::string>& programs) {
  ProcessRequest request;
  request.argv = {"bash", "-c", kMake, "make_rootfs", folder.string()};
  request.argv.insert(request.argv.end(), programs.begin(), programs.end());
  const ProcessResult made = run_process(request);
  if (!made.ok()) throw InfraError("test rootfs: " + made.err);
}

}  // namespace weir
