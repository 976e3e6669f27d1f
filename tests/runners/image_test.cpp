// What container engines say about images.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runners/oci/engine.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

TEST(ParseImages, ReadsWhatPodmanAndDockerSay) {
  const auto images = parse_images(R"([
    {"Id": "abc", "RepoTags": ["a:1", "b:2"], "Architecture": "amd64", "Size": 42,
     "Config": {"Env": ["PATH=/bin", "EMPTY=", "odd"], "WorkingDir": "/w", "User": "1000:1000",
                "Entrypoint": ["/e"], "Cmd": null},
     "GraphDriver": {"Name": "overlay", "Data": {"UpperDir": "/", "LowerDir": "/usr:/etc"}}},
    {"Id": "sha256:def", "RepoTags": null, "Config": null, "GraphDriver": null}])");
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0].id, "sha256:abc");
  EXPECT_EQ(images[0].names.size(), 2U);
  EXPECT_EQ(images[0].env, (std::map<std::string, std::string>{{"PATH", "/bin"}, {"EMPTY", ""}}));
  EXPECT_EQ(images[0].workdir, "/w");
  EXPECT_EQ(images[0].user, "1000:1000");
  EXPECT_EQ(images[0].layers, (std::vector<std::filesystem::path>{"/", "/usr", "/etc"}));
  EXPECT_EQ(images[1].id, "sha256:def");
  EXPECT_EQ(images[1].user, "root");
  EXPECT_EQ(images[1].workdir, "/");
  EXPECT_TRUE(images[1].layers.empty());
}

TEST(ParseImages, LayersOfWhichOneIsNotHereAreNone) {
  EXPECT_TRUE(
      parse_images(
          R"([{"Id": "a", "GraphDriver": {"Data": {"UpperDir": "/usr", "LowerDir": "/no/such"}}}])")
          .front()
          .layers.empty());
}

TEST(ParseImages, WhatIsNotThatShapeIsAnError) {
  for (const char* text : {"", "{}", "[{}]", "[1]", "null", "[{\"Id\": 3}]", "[{\"Id\": \"\"}]"}) {
    EXPECT_THROW((void)parse_images(text), InfraError) << text;
  }
}

TEST(ImageNames, AreFullForAnyEngine) {
  EXPECT_EQ(full_name("a/b:1"), "docker.io/a/b:1");
  EXPECT_EQ(full_name("b"), "docker.io/library/b");
  EXPECT_EQ(full_name("localhost/b:2"), "localhost/b:2");
  EXPECT_EQ(full_name("registry:5000/b"), "registry:5000/b");
  EXPECT_EQ(full_name("ghcr.io/a/b@sha256:0"), "ghcr.io/a/b@sha256:0");
  EXPECT_EQ(full_name("sha256:abc"), "sha256:abc");
}

}  // namespace
}  // namespace weir
