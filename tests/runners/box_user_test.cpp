// Users of a box, as docker knows them.

#include "runners/box_user.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/bash\nagent:x:1000:1000::/home/agent:/bin/sh\nbroken:x\n";

TEST(BoxUser, NamesAreTheBoxesUidsAnybodys) {
  EXPECT_EQ(home_of(kPasswd, "agent"), "/home/agent");
  EXPECT_EQ(home_of(kPasswd, "1000"), "/home/agent");
  EXPECT_EQ(home_of(kPasswd, "agent:games"), "/home/agent");
  EXPECT_EQ(home_of(kPasswd, "4711"), "/");
  EXPECT_FALSE(home_of(kPasswd, "age"));
  EXPECT_FALSE(home_of(kPasswd, "broken"));
  EXPECT_FALSE(home_of("", ""));
}

TEST(BoxUser, ACommandHasItsUsersHome) {
  if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
  const auto box = make_box_sandbox()->create({});
  ExecRequest make;
  make.script = "useradd -m agent";
  make.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  ASSERT_TRUE(box->exec(make).ok());
  const auto said = [&](const std::string& user) {
    ExecRequest request;
    request.script = "echo $(id -u) $HOME; touch $HOME/x 2> /dev/null && echo can write";
    request.env = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/root"}};
    request.user = user;
    take_home(*box, user, request.env);
    return box->exec(request).out.bytes;
  };
  EXPECT_THAT(said("agent"), testing::HasSubstr("/home/agent\ncan write"));
  EXPECT_EQ(said("4711"), "4711 /\n");
  EXPECT_EQ(said("root"), "0 /root\ncan write\n");
  EXPECT_THROW(said("nobody-of-that-name"), InfraError);
}

}  // namespace
}  // namespace weir
