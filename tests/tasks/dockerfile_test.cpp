#include "tasks/dockerfile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Dockerfile, ReadsWhatIsReplayed) {
  const auto file = parse_dockerfile(
      "# a comment\n"
      "FROM debian:12\n"
      "ARG WHERE=/srv\n"
      "WORKDIR ${WHERE}/app\n"
      "ENV A=1 B=\"two words\"\n"
      "ENV OLD form of it\n"
      "COPY --chmod=755 --chown=me:us --link a.txt b.txt data/\n"
      "RUN echo one && \\\n"
      "    # inside\n"
      "    echo two\n"
      "RUN [\"touch\", \"it's\"]\n"
      "EXPOSE 80\n");
  EXPECT_EQ(file.from, "debian:12");
  EXPECT_EQ(file.workdir, "/srv/app");
  EXPECT_EQ(file.unsupported, "");
  ASSERT_EQ(file.steps.size(), 7U);
  EXPECT_EQ(file.steps[1].words, (std::vector<std::string>{"A", "1"}));
  EXPECT_EQ(file.steps[2].words, (std::vector<std::string>{"B", "two words"}));
  EXPECT_EQ(file.steps[3].words, (std::vector<std::string>{"OLD", "form of it"}));
  EXPECT_EQ(file.steps[4].words, (std::vector<std::string>{"a.txt", "b.txt", "data/"}));
  EXPECT_EQ(file.steps[4].mode + " " + file.steps[4].owner, "755 me:us");
  EXPECT_EQ(file.steps[5].words.front(), "WHERE='/srv'; echo one &&  echo two");
  EXPECT_EQ(file.steps[6].words.front(), "WHERE='/srv'; 'touch' 'it'\\''s' ");
  EXPECT_EQ(file.ignored, std::vector<std::string>{"EXPOSE"});
}

TEST(Dockerfile, ExpandsVariablesLikeDocker) {
  const std::map<std::string, std::string> values = {{"A", "1"}, {"HOME", "/root"}};
  EXPECT_EQ(expand_variables("$A ${A} ${B:-two} $HOMEDIR ${B} $ ${A", values),
            "1 1 two $HOMEDIR ${B} $ ${A");
  EXPECT_EQ(expand_variables("${A:+x}${B:+y}", values), "x${B:+y}");
}

TEST(Dockerfile, StrangeListsAreNoCrash) {
  EXPECT_EQ(parse_dockerfile("FROM a\nRUN [\"sh\", 1]\n").steps.size(), 1U);
  EXPECT_NE(parse_dockerfile("FROM a\nCOPY [1, 2]\n").unsupported, "");
  EXPECT_EQ(parse_dockerfile("FROM --platform=linux/amd64 x AS y\n").from, "x");
}

TEST(Dockerfile, SaysWhatItCannotReplay) {
  const auto why = [](const std::string& text) { return parse_dockerfile(text).unsupported; };
  EXPECT_THAT(why("FROM a AS b\nFROM c\nCOPY --from=nginx:1 /a /b\n"),
              HasSubstr("COPY --from: files of the image nginx:1"));
  EXPECT_THAT(why("FROM a\nCOPY --from=0 /a /b\n"), HasSubstr("files of the image 0"));
  EXPECT_THAT(why("FROM a\nCOPY one\n"), HasSubstr("COPY without a destination"));
  EXPECT_THAT(why("FROM a\nADD https://x/y /z\n"), HasSubstr("ADD of a URL: https://x/y"));
  EXPECT_THAT(why("FROM a\nADD rootfs.tar.gz /\n"), HasSubstr("ADD unpacks an archive"));
  EXPECT_THAT(why("FROM a\nONBUILD RUN x\n"), HasSubstr("ONBUILD"));
  EXPECT_THAT(why("FROM a\nSHELL [\"powershell\", \"-c\"]\n"), HasSubstr("SHELL"));
  EXPECT_THAT(why("FROM a\nRUN --mount=type=bind,target=/x y\n"), HasSubstr("RUN --mount=type=bind"));
  EXPECT_THAT(why("FROM a\nRUN <<EOF\n#!/usr/bin/python3\nEOF\n"), HasSubstr("another program"));
  EXPECT_THAT(why("FROM a\nCOPYY x\n"), HasSubstr("unknown instruction COPYY; did you mean \"COPY\"?"));
  EXPECT_THAT(why("RUN x\n"), HasSubstr("RUN before any FROM"));
  EXPECT_THAT(why("FROM\n"), HasSubstr("FROM without an image"));
}

TEST(Dockerfile, TheLastStageStandsOnThoseItIsBuiltFrom) {
  const auto file = parse_dockerfile(
      "FROM debian AS base\nENV A=1\nWORKDIR /srv\nFROM golang AS unused\nRUN go build\n"
      "FROM base AS final\nENV B=$A\nWORKDIR app\nCOPY --chown=u x .\n");
  EXPECT_EQ(file.unsupported, "");
  EXPECT_EQ(file.from, "debian");
  EXPECT_EQ(file.workdir, "/srv/app");
  ASSERT_EQ(file.stages.size(), 3U);
  EXPECT_EQ(file.stages[1].name, "unused");
  ASSERT_EQ(file.steps.size(), 5U);  // without those of the stage nobody stands on
  EXPECT_EQ(file.steps[2].words, (std::vector<std::string>{"B", "1"}));
  EXPECT_EQ(file.steps[4].owner, "u");
  EXPECT_THAT(file.deviations, testing::IsEmpty());
}

TEST(Dockerfile, KeepsTheOriginOfACopy) {
  const auto file = parse_dockerfile(
      "FROM a AS below\nRUN one\nFROM below AS b\nRUN two\nFROM c\n"
      "COPY --from=b /x /y\nCOPY --from=0 /x /z\n");
  EXPECT_EQ(file.unsupported, "");
  ASSERT_EQ(file.steps.size(), 2U);
  EXPECT_EQ(file.steps[0].origin, "b");
  ASSERT_EQ(file.origins.at("b").size(), 2U);  // with what the stage is built from
  EXPECT_EQ(file.origins.at("b")[1].words.front(), "two");
  EXPECT_EQ(file.origins.at("0").size(), 1U);
  EXPECT_EQ(file.steps[0].words, (std::vector<std::string>{"/x", "/y"}));
}

TEST(Dockerfile, NamesOfStagesAreTheSameInAnyCase) {
  const auto file = parse_dockerfile(
      "FROM a aS Builder\nRUN one\nFROM BUILDER\nCOPY --from=builder [\"/a b\", \"/c\"]\n"
      "COPY --from=\"Builder\" \"/a b\" /d\n");
  EXPECT_EQ(file.unsupported, "");
  EXPECT_EQ(file.from, "a");
  ASSERT_EQ(file.steps.size(), 3U);
  EXPECT_EQ(file.origins.size(), 1U);
  EXPECT_EQ(file.origins.at(file.steps[1].origin).size(), 1U);
  EXPECT_EQ(file.steps[2].origin, file.steps[1].origin);
  EXPECT_EQ(file.steps[1].words, (std::vector<std::string>{"/a b", "/c"}));
  EXPECT_EQ(file.steps[2].words, (std::vector<std::string>{"/a b", "/d"}));
}

TEST(Dockerfile, ArgumentsBeforeFromHoldForFromUntilTheyAreNamedAgain) {
  const auto file = parse_dockerfile(
      "ARG TAG=12\nARG FULL=debian:${TAG}\nFROM ${FULL}\nENV A=$TAG\nARG TAG\nENV B=$TAG\n"
      "ARG NONE\nARG TWO=2 THREE=3\nENV C=$NONE$THREE\n");
  EXPECT_EQ(file.from, "debian:12");
  EXPECT_EQ(file.steps[0].words[1], "$TAG");
  EXPECT_EQ(file.steps[1].words[1], "12");
  EXPECT_EQ(file.steps[2].words[1], "$NONE3");
  EXPECT_EQ(file.arguments.at("TWO"), "2");
}

TEST(Dockerfile, ReadsHeredocs) {
  const auto file = parse_dockerfile(
      "FROM a\nRUN <<EOF\n# kept\necho one\nEOF\n"
      "RUN cat <<'A' > f && cat <<-B\nx\nA\n\ty\n\tB\n"
      "ENV V=1\nCOPY <<X <<\"Y\" /d/\n$V\nX\n$V\nY\nRUN echo \"<<no\" <<<s\nWORKDIR /w\n");
  EXPECT_EQ(file.unsupported, "");
  ASSERT_EQ(file.steps.size(), 7U);
  EXPECT_EQ(file.steps[0].words[0], "# kept\necho one\n");
  EXPECT_EQ(file.steps[1].words[0], "cat <<'A' > f && cat <<-B\nx\nA\ny\nB\n");
  EXPECT_EQ(file.steps[3].words[0], "mkdir -p '/d' && printf %s '1\n' > '/d/X'");
  EXPECT_EQ(file.steps[4].words[0], "mkdir -p '/d' && printf %s '$V\n' > '/d/Y'");
  EXPECT_EQ(file.workdir, "/w");
  EXPECT_EQ(parse_dockerfile("FROM a\nRUN <<EOF\nnever ended\n").steps.size(), 1U);
}

TEST(Dockerfile, ReadsProcessesUsersAndShells) {
  const auto file = parse_dockerfile(
      "FROM --platform=linux/amd64 a\nUSER me\nCMD [\"a\", \"b\"]\nENTRYPOINT run it\n"
      "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN x\nHEALTHCHECK CMD y\n");
  const DockerStage& stage = file.stages.at(0);
  EXPECT_EQ(stage.platform, "linux/amd64");
  EXPECT_EQ(stage.user, "me");
  EXPECT_EQ(stage.command, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(stage.entrypoint, (std::vector<std::string>{"/bin/sh", "-c", "run it"}));
  EXPECT_EQ(file.entrypoint, stage.entrypoint);
  EXPECT_EQ(file.unsupported, "");
  EXPECT_EQ(file.steps.back().words[0], "set '-o' 'pipefail'; x");
  EXPECT_THAT(file.deviations, ElementsAre("HEALTHCHECK of the Dockerfile is not run"));
}

}  // namespace
}  // namespace weir
