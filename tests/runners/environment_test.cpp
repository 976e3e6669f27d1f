#include "runners/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runners/host.hpp"
#include "runners/process.hpp"
#include "runners/repository.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Kind = BuildStep::Kind;

class EnvironmentTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
  }

  std::string in(const PreparedEnvironment& environment, const std::string& script) {
    const auto box = sandbox_->create({.from = environment.snapshot});
    ExecRequest request;
    request.script = script;
    request.cwd = environment.workdir;
    request.env = environment.env;
    request.merge_stderr = true;
    return box->exec(request).out.bytes;
  }

  std::unique_ptr<Sandbox> sandbox_;
  TemporaryFolder folder_;
};

TEST_F(EnvironmentTest, ReplaysABuild) {
  write_file(folder_ / "a.txt", "hello\n");
  fs::create_directories(folder_ / "data/sub");
  write_file(folder_ / "data/sub/b.txt", "b\n");
  AgentTask task;
  task.id = "t";
  task.environment.build_context = folder_.path();
  task.environment.build = {{Kind::workdir, {"/w"}},
                            {Kind::env, {"GREETING", "hi there"}},
                            {Kind::copy, {"a.txt", "copied.txt"}},
                            {Kind::copy, {"data", "/d"}},
                            {Kind::run, {"apt-get install -y nothing && echo $GREETING > said"}}};
  task.environment.workdir = "/w";
  const auto built = prepare_environment(task, "sha", *sandbox_);
  EXPECT_EQ(in(*built, "cat copied.txt said /d/sub/b.txt"), "hello\nhi there\nb\n");
  ASSERT_EQ(built->deviations.size(), 1U);
  EXPECT_THAT(built->deviations[0], HasSubstr("not fetched: RUN apt-get install -y nothing"));
  EXPECT_EQ(in(*built, "ls -d /weir-* 2>/dev/null"), "");
}

TEST_F(EnvironmentTest, CopiesWithTheModeAndOwnerThatAreAskedFor) {
  write_file(folder_ / "run.sh", "#!/bin/sh\necho runs\n");
  fs::create_directories(folder_ / "data/sub");
  write_file(folder_ / "data/sub/b.txt", "b\n");
  AgentTask task;
  task.id = "t";
  task.environment.build_context = folder_.path();
  task.environment.workdir = "/w";
  task.environment.build = {{Kind::run, {"mkdir -p /d && touch /d/own"}},
                            {Kind::copy, {"run.sh", "/bin2/run"}, "", "755", ""},
                            {Kind::copy, {"data", "/d"}, "", "u=rwX,go=", "1000:1000"}};
  const auto built = prepare_environment(task, "sha", *sandbox_);
  EXPECT_EQ(
      in(*built,
         "/bin2/run; stat -c '%a %u:%g' /d/sub/b.txt /d/sub /d/own; ls -d /weir* 2>&1 | wc -l"),
      "runs\n600 1000:1000\n700 1000:1000\n644 0:0\n1\n");
}

TEST_F(EnvironmentTest, CopiesFromOtherStagesAndByPattern) {
  for (const char* name : {"a.py", "b.py", "c.txt"}) write_file(folder_ / name, "x\n");
  AgentTask task;
  task.id = "t";
  task.environment.build_context = folder_.path();
  task.environment.workdir = "/w";
  task.environment.stages["make"] = {{Kind::workdir, {"/out"}},
                                     {Kind::run,
                                      {"mkdir lib && echo l > lib/l && ln -s l lib/link && printf "
                                       "'#!/bin/sh\\necho built\\n' > tool "
                                       "&& chmod 750 tool && chmod 700 lib"}}};
  task.environment.build = {
      {Kind::run, {"mkdir -p /usr/lib/mine && stat -c %a /usr/lib/mine > /mode"}},
      {Kind::copy, {"*.py", "/src"}},
      {Kind::copy, {"/out/tool", "/bin2/renamed"}, "make"},
      {Kind::copy, {"/out/to*", "/out/lib", "/usr/lib/mine"}, "make"}};
  const auto built = prepare_environment(task, "sha", *sandbox_);
  EXPECT_EQ(in(*built,
               "ls /src /usr/lib/mine; /bin2/renamed; stat -c %a /bin2/renamed; readlink "
               "/usr/lib/mine/link; stat -c %a /usr/lib/mine | diff - /mode; ls -d /out /weir* "
               "2>&1 | wc -l"),
            "/src:\na.py\nb.py\n\n/usr/lib/mine:\nl\nlink\ntool\nbuilt\n750\nl\n2\n");
  task.environment.build = {{Kind::copy, {"a.py", "/usr/lib"}}};  // onto a folder: into it
  EXPECT_EQ(in(*prepare_environment(task, "sha", *sandbox_), "cat /usr/lib/a.py"), "x\n");
  fs::create_symlink("/etc/hostname", folder_ / "link");  // the host's files are not the context's
  for (const char* out : {"link", "lin*"}) {
    task.environment.build = {{Kind::copy, {out, "/x"}}};
    EXPECT_THROW((void)prepare_environment(task, "sha", *sandbox_), InfraError);
  }
  task.environment.build = {{Kind::copy, {"/out/none", "/x"}, "make"}};
  EXPECT_THROW((void)prepare_environment(task, "sha", *sandbox_), InfraError);
}

TEST_F(EnvironmentTest, PatternsMatchAsDockersDo) {
  fs::create_directories(folder_ / "c");
  for (const char* name : {".hidden", "a.py", "b.py", "two words"})
    write_file(folder_ / "c" / name, "x\n");
  AgentTask task;
  task.id = "t";
  task.environment.build_context = folder_.path();
  task.environment.workdir = "/w";
  task.environment.stages["make"] = {
      {Kind::run, {"mkdir -p /out '/my out' && touch /out/.dot /out/seen '/my out/f g'"}}};
  task.environment.build = {{Kind::copy, {"c/*", "/all/"}},
                            {Kind::copy, {"c/[^b].p?", "/some/"}},
                            {Kind::copy, {"c/two words", "/some/"}},
                            {Kind::copy, {"/out/*", "/stage/"}, "make"},
                            {Kind::copy, {"/my out/f g", "/stage/"}, "make"},
                            {Kind::copy, {"/my out", "/whole"}, "make"}};
  EXPECT_EQ(in(*prepare_environment(task, "sha", *sandbox_), "ls -A /all /some /stage /whole"),
            "/all:\n.hidden\na.py\nb.py\ntwo words\n\n/some:\na.py\ntwo words\n\n"
            "/stage:\n.dot\nf g\nseen\n\n/whole:\nf g\n");
}

TEST_F(EnvironmentTest, WhatDockerignoreLeavesOutIsNotCopied) {
  fs::create_directories(folder_ / "src/deep");
  for (const char* name :
       {"src/a.py", "src/a.pyc", "src/deep/b.pyc", "src/deep/kept.pyc", "secret"})
    write_file(folder_ / name, "x\n");
  fs::create_symlink("a.py", folder_ / "src/link");
  write_file(folder_ / ".dockerignore", "# none of these\n**/*.pyc\n!src/deep/kept.pyc\n/secret\n");
  AgentTask task;
  task.id = "t";
  task.environment.build_context = folder_.path();
  task.environment.workdir = "/w";
  task.environment.build = {{Kind::copy, {".", "/c"}}};
  EXPECT_EQ(in(*prepare_environment(task, "sha", *sandbox_), "cd /c; find . ! -type d | sort"),
            "./.dockerignore\n./src/a.py\n./src/deep/kept.pyc\n./src/link\n");
  task.environment.build = {{Kind::copy, {"secret", "/c"}}};
  EXPECT_THROW((void)prepare_environment(task, "sha", *sandbox_), InfraError);
  write_file(folder_ / "Dockerfile.dockerignore", "src\n");
  EXPECT_EQ(in(*prepare_environment(task, "sha", *sandbox_), "cat /c"), "x\n");
  write_file(folder_ / "Dockerfile.dockerignore", "src\n[a-\n");
  try {
    (void)prepare_environment(task, "sha", *sandbox_);
    FAIL();
  } catch (const InfraError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Dockerfile.dockerignore: .dockerignore, line 2"));
  }
}

TEST_F(EnvironmentTest, AFailingStepIsAnInfraErrorThatNamesIt) {
  AgentTask task;
  task.id = "t";
  task.environment.build = {{Kind::run, {"echo broken; false"}}};
  try {
    (void)prepare_environment(task, "sha", *sandbox_);
    FAIL();
  } catch (const InfraError& error) {
    EXPECT_THAT(error.what(), HasSubstr("broken"));
  }
  task.environment.build = {{Kind::copy, {"../../etc/passwd", "/x"}}};
  EXPECT_THROW((void)prepare_environment(task, "sha", *sandbox_), InfraError);
  task.environment.build.clear();
  task.environment.packages = {"no-such-package"};
  EXPECT_THROW((void)prepare_environment(task, "sha", *sandbox_), InfraError);
}

TEST_F(EnvironmentTest, ARepositoryHasOneCommitAndNoFuture) {
  const std::string repo = (folder_ / "o__r").string();
  const auto git = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", repo, "-c", "user.name=a", "-c", "user.email=a@b"});
    const auto result = run_process({.argv = words});
    EXPECT_TRUE(result.ok()) << result.err;
    return result.out;
  };
  fs::create_directory(repo);
  git({"init", "-q"});
  write_file(fs::path(repo) / "f", "past\n");
  write_file(fs::path(repo) / ".gitignore", "ignored\n");
  write_file(fs::path(repo) / "ignored", "tracked all the same\n");
  git({"add", "-A", "-f"});
  git({"commit", "-qm", "one"});
  std::string commit = git({"rev-parse", "HEAD"});
  commit.pop_back();
  write_file(fs::path(repo) / "f", "the future fix\n");
  git({"commit", "-qam", "two"});

  AgentTask task;
  task.id = "t";
  task.environment.workdir = "/testbed";
  task.environment.wrappers = {"python"};
  task.environment.repository = Repository{"o/r", commit, repo};
  const auto built = prepare_environment(task, "sha", *sandbox_);
  EXPECT_EQ(in(*built, "cat f ignored; git rev-list --all | wc -l; git status --short; "
                       "git remote; git log --all -p | grep -c future; python -c 'print(1)'"),
            "past\ntracked all the same\n1\n0\n1\n");

  // A linked worktree has a file in place of its git directory.
  git({"worktree", "add", "-q", "--detach", (folder_ / "linked").string()});
  task.environment.repository->source = folder_ / "linked";
  EXPECT_EQ(in(*prepare_environment(task, "sha", *sandbox_), "cat f; git rev-list --all | wc -l"),
            "past\n1\n");
  fs::rename(repo, folder_ / "elsewhere");
  try {
    (void)prepare_environment(task, "sha", *sandbox_);
    ADD_FAILURE() << "built from a worktree whose repository is gone";
  } catch (const InfraError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is not there"));
  }
}

TEST_F(EnvironmentTest, WhatABuildLeavesInARepositoryIsKnown) {
  fs::create_directory(folder_ / "r");
  write_file(folder_ / "r/.gitignore", "*.o\n");
  AgentTask task;
  task.id = "t";
  task.environment.workdir = "/testbed";
  task.environment.repository = Repository{"o/r", "", folder_ / "r"};
  task.environment.prepare = "mkdir sub; touch x.o 'sub/new file'";
  EXPECT_THAT(prepare_environment(task, "sha", *sandbox_)->unlike_base,
              testing::ElementsAre("sub/new file", "x.o"));
}

TEST_F(EnvironmentTest, APlacedRepositoryIsOldAndMayBeBrokenFirst) {
  fs::create_directory(folder_ / "r");
  write_file(folder_ / "r/f", "sound\n");
  AgentTask task;
  task.id = "t";
  task.environment.workdir = "/testbed";
  task.environment.repository = Repository{"o/r", "", folder_ / "r"};
  const std::string bug = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-sound\n+broken\n";
  const auto built = prepare_environment(task, "sha", *sandbox_, "host", {}, {}, bug);
  EXPECT_EQ(in(*built,
               "cat f; stat -c %y f | cut -c1-10; git status --short; git show --format=%s; "
               "ls /tmp"),
            "broken\n2000-01-01\nbase\n");
}

TEST_F(EnvironmentTest, ACacheBuildsEachTaskOnce) {
  EnvironmentCache cache(*sandbox_, 2);
  Task task;
  task.shown.id = "t";
  const auto first = cache.get(task);
  EXPECT_EQ(cache.get(task), first);
  EXPECT_EQ(cache.digest_of(task), first->sha256);
  for (const char* other : {"u", "v"}) {
    task.shown.id = other;
    (void)cache.get(task);
  }
  task.shown.id = "t";
  EXPECT_NE(cache.get(task), first);  // was the oldest of three
}

TEST(Host, HasADigestAndKnowsItsPackages) {
  EXPECT_EQ(host_digest().size(), 64U);
  EXPECT_EQ(missing_packages({"no-such-package"}), std::vector<std::string>{"no-such-package"});
}

}  // namespace
}  // namespace weir
