#include "tasks/dockerfile.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Kind = BuildStep::Kind;

TEST(Dockerfile, ReadsWhatIsReplayed) {
  const auto file = parse_dockerfile(
      "# a comment\n"
      "FROM debian:12\n"
      "ARG WHERE=/srv\n"
      "WORKDIR ${WHERE}/app\n"
      "ENV A=1 B=\"two words\"\n"
      "ENV OLD form of it\n"
      "COPY --chmod=755 a.txt b.txt data/\n"
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
  EXPECT_EQ(file.steps[5].words.front(), "WHERE='/srv'; echo one &&  echo two");
  EXPECT_EQ(file.steps[6].words.front(), "WHERE='/srv'; 'touch' 'it'\\''s' ");
  EXPECT_EQ(file.ignored, std::vector<std::string>{"EXPOSE"});
}

TEST(Dockerfile, ExpandsVariablesLikeDocker) {
  const std::map<std::string, std::string> values = {{"A", "1"}, {"HOME", "/root"}};
  EXPECT_EQ(expand_variables("$A ${A} ${B:-two} $HOMEDIR ${B} $ ${A", values),
            "1 1 two $HOMEDIR ${B} $ ${A");
}

TEST(Dockerfile, StrangeListsAreNoCrash) {
  EXPECT_EQ(parse_dockerfile("FROM a\nRUN [\"sh\", 1]\n").steps.size(), 1U);
  EXPECT_NE(parse_dockerfile("FROM a\nCOPY [1, 2]\n").unsupported, "");
  EXPECT_EQ(parse_dockerfile("FROM --platform=linux/amd64 x AS y\n").from, "x");
}

TEST(Dockerfile, SaysWhatItCannotReplay) {
  EXPECT_NE(parse_dockerfile("FROM a\nENTRYPOINT [\"x\"]\n").unsupported, "");
  EXPECT_NE(parse_dockerfile("FROM a\nFROM b\n").unsupported, "");
  EXPECT_NE(parse_dockerfile("FROM a\nCOPY --from=x /a /b\n").unsupported, "");
  EXPECT_NE(parse_dockerfile("FROM a\nRUN cat <<EOF\nx\nEOF\n").unsupported, "");
  EXPECT_NE(parse_dockerfile("FROM a\nCOPY one\n").unsupported, "");
}

}  // namespace
}  // namespace weir
