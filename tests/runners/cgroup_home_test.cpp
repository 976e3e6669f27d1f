// Finding out where control groups can be made, on trees of plain folders.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runners/box/cgroup.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir::box {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(CgroupHome, V1NamesTheHierarchiesThatAreThere) {
  const TemporaryFolder root;
  fs::create_directories(root / "memory");
  fs::create_directories(root / "cpu,cpuacct");
  fs::create_directory_symlink("cpu,cpuacct", root / "cpu");
  fs::create_directory_symlink("cpu,cpuacct", root / "cpuacct");
  const CgroupHome home = CgroupHome::find(root.path());
  EXPECT_EQ(home.kind, CgroupHome::Kind::v1);
  EXPECT_EQ(home.memory, root / "memory");
  EXPECT_EQ(home.cpu, home.cpuacct);
  EXPECT_TRUE(home.pids.empty());
  EXPECT_TRUE(home.freezer.empty());
}

TEST(CgroupHome, NothingThereSaysWhatToDo) {
  const TemporaryFolder root;
  const CgroupHome home = CgroupHome::find(root.path());
  EXPECT_EQ(home.kind, CgroupHome::Kind::none);
  EXPECT_THAT(home.lacking, HasSubstr("Delegate=yes"));
}

TEST(CgroupHome, V2TakesOnlyControllersHandedOn) {
  if (::geteuid() != 0) GTEST_SKIP() << "an ordinary user's group is its own";
  const TemporaryFolder root;
  write_file(root / "cgroup.controllers", "cpu memory pids\n");
  write_file(root / "cgroup.subtree_control", "memory pids cpu\n");
  const CgroupHome home = CgroupHome::find(root.path());
  EXPECT_EQ(home.kind, CgroupHome::Kind::v2);
  EXPECT_EQ(home.memory, root.path());
  EXPECT_EQ(home.cpu, root.path());
  EXPECT_TRUE(home.lacking.empty());
}

TEST(CgroupHome, GroupsOfProgramsThatAreGoneAreSwept) {
  const TemporaryFolder root;
  fs::create_directories(root / "memory");
  fs::create_directories(root / "memory/weir-999999999-3");
  fs::create_directories(root / "memory/weir-1-3");
  fs::create_directories(root / "memory/other");
  CgroupHome::find(root.path()).sweep();
  EXPECT_FALSE(fs::exists(root / "memory/weir-999999999-3"));
  EXPECT_TRUE(fs::exists(root / "memory/weir-1-3"));
  EXPECT_TRUE(fs::exists(root / "memory/other"));
}

TEST(BoxLimits, ImpossibleOnesAreNamed) {
  BoxLimits limits;
  EXPECT_EQ(limits.defect(), "");
  limits.memory = 1 << 20;
  EXPECT_THAT(limits.defect(), HasSubstr("memory"));
  limits = {};
  limits.cpus = 0.0;
  EXPECT_THAT(limits.defect(), HasSubstr("cpus"));
  limits = {};
  limits.pids = 5000;
  EXPECT_THAT(limits.defect(), HasSubstr("pids"));
}

}  // namespace
}  // namespace weir::box
