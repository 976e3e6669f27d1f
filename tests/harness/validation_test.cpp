// What a validation concludes, and its journal.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/validation/journal.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ReferenceResult scored(const std::vector<Outcome>& outcomes) {
  ReferenceResult result;
  for (const Outcome outcome : outcomes) {
    Try attempt;
    attempt.outcome = outcome;
    attempt.message = outcome == Outcome::resolved ? "" : "why";
    attempt.wall_ms = 12;
    attempt.rewards = {{"", "reward", outcome == Outcome::resolved ? 1.0 : 0.0}};
    result.tries.push_back(attempt);
  }
  return result;
}

TaskValidity task(const std::string& id, const std::vector<Outcome>& nop,
                  const std::vector<Outcome>& oracle) {
  TaskValidity validity;
  validity.id = id;
  validity.format = "harbor";
  validity.sha256 = "digest of " + id;
  validity.nop = scored(nop);
  validity.oracle = scored(oracle);
  conclude(validity);
  return validity;
}

constexpr Outcome kPass = Outcome::resolved;
constexpr Outcome kFail = Outcome::unresolved;

TEST(Validity, IsSettledByWhatTheReferencesScored) {
  EXPECT_EQ(task("t", {kFail, kFail}, {kPass, kPass}).standing, Standing::valid);
  EXPECT_EQ(task("t", {kFail, kFail}, {kPass, kFail}).standing, Standing::flaky);
  EXPECT_EQ(task("t", {kFail, kPass}, {kPass, kPass}).standing, Standing::flaky);
  EXPECT_EQ(task("t", {kPass}, {kPass}).reason, "doing nothing passes");
  EXPECT_EQ(task("t", {kFail}, {kFail}).reason, "the gold solution does not pass: unresolved: why");
}

TEST(Validity, OfATaskTheMachineFailedOnIsUnknown) {
  EXPECT_EQ(task("t", {Outcome::infra_error}, {kPass}).standing, Standing::unjudged);
  EXPECT_EQ(task("t", {kFail}, {kPass, Outcome::infra_error}).standing, Standing::unjudged);
}

TEST(Validity, ReasonsAreCountedAcrossTasks) {
  std::vector<TaskValidity> tasks = {task("a", {kFail}, {kPass}), task("b", {kPass}, {kPass})};
  for (const auto* id : {"c", "d"}) {
    TaskValidity unsupported = task(id, {}, {});
    unsupported.standing = Standing::unsupported;
    unsupported.reason = std::string("needs ") + (*id == 'c' ? "2" : "14") + " GPUs; needs Windows";
    tasks.push_back(unsupported);
  }
  const auto counted = reasons(tasks);
  ASSERT_EQ(counted.size(), 3U);
  EXPECT_EQ(counted[0].reason, "needs N GPUs");
  EXPECT_THAT(counted[0].tasks, ElementsAre("c", "d"));
  EXPECT_EQ(counted[1].reason, "needs Windows");
  EXPECT_EQ(counted[2].reason, "doing nothing passes");
  const Quarantine list = quarantine_of(tasks, 3);
  ASSERT_EQ(list.tasks.size(), 1U);
  EXPECT_EQ(list.tasks[0].id, "b");
  EXPECT_EQ(list.tasks_seen, 4);
}

class JournalTest : public testing::Test {
 protected:
  std::string refusal() const {
    try {
      const ValidationJournal journal(file_, key_);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "journal.jsonl";
  JournalKey key_{"host", 2};
};

TEST_F(JournalTest, GivesBackWhatItKept) {
  TaskValidity valid = task("a", {kFail, kFail}, {kPass, kPass});
  valid.visible.command = "make test";
  valid.visible.fail_to_pass = 1;
  valid.visible.fail_to_pass_of = 2;
  {
    ValidationJournal journal(file_, key_);
    journal.keep(valid, "env");
    journal.keep(task("b", {Outcome::infra_error}, {}), "env");  // says nothing: to be run again
  }
  const ValidationJournal journal(file_, key_);
  const auto known = journal.known("a", "env");
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->known);
  EXPECT_EQ(validity_row(*known), validity_row(valid));
  EXPECT_FALSE(journal.known("b", "env"));
}

TEST_F(JournalTest, KnowsNothingUnderAnotherKey) {
  const TaskValidity valid = task("a", {kFail}, {kPass});
  ValidationJournal(file_, key_).keep(valid, "env");
  for (const JournalKey& other : {JournalKey{"rootfs", 2}, JournalKey{"host", 3}}) {
    EXPECT_FALSE(ValidationJournal(file_, other).known("a", "env"));
  }
  // An image built again under its name is another environment.
  EXPECT_FALSE(ValidationJournal(file_, key_).known("a", "other"));
}

TEST_F(JournalTest, DropsALineThatAKillToreOff) {
  const TaskValidity first = task("a", {kFail}, {kPass});
  ValidationJournal(file_, key_).keep(first, "env");
  const std::string whole = read_file(file_);
  write_file(file_, whole + whole.substr(0, whole.size() / 2));
  {
    ValidationJournal journal(file_, key_);
    EXPECT_TRUE(journal.known("a", "env"));
    journal.keep(task("b", {kFail}, {kPass}), "env");
  }
  const ValidationJournal journal(file_, key_);
  EXPECT_TRUE(journal.known("a", "env"));
  EXPECT_TRUE(journal.known("b", "env"));
}

TEST_F(JournalTest, TouchesNoFileThatIsNone) {
  for (const std::string text : {"{\"instance_id\": \"x\"}\n", "not json\n", "a last word",
                                 "{\"instance_id\": \"of a file in one line\"}"}) {
    write_file(file_, text);
    EXPECT_THAT(refusal(), HasSubstr("journal.jsonl:1: "));
    EXPECT_EQ(read_file(file_), text);
  }
}

TEST_F(JournalTest, BelongsToOneProcessAtATime) {
  const ValidationJournal journal(file_, key_);
  EXPECT_THAT(refusal(), HasSubstr("another validation writes this journal"));
}

}  // namespace
}  // namespace weir
