#include "runners/scheduler.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <stdexcept>

#include "runners/limiter.hpp"
#include "runners/watchdog.hpp"

namespace weir {
namespace {

TEST(Order, IsBlockedByTaskAndComplete) {
  const auto slots = blocked_order(5, 3, 2, 7);
  ASSERT_EQ(slots.size(), 30U);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    EXPECT_EQ(slots[i].task, slots[i / 6 * 6].task);  // blocks of six
    seen.insert(std::to_string(slots[i].task) + "/" + std::to_string(slots[i].config) + "/" +
                std::to_string(slots[i].attempt));
  }
  EXPECT_EQ(seen.size(), 30U);
}

TEST(Order, IsTheSameEverywhere) {
  // Frozen: a change here breaks the reproducibility of published runs.
  std::string order;
  for (const auto& slot : blocked_order(3, 2, 1, 1)) {
    order += std::to_string(slot.task) + std::to_string(slot.config) + " ";
  }
  EXPECT_EQ(order, "11 10 21 20 01 00 ");
}

TEST(Jobs, AllRunOnce) {
  std::atomic<int> sum{0};
  EXPECT_EQ(run_jobs(100, 8, [&](std::size_t i) { sum += static_cast<int>(i); }, {}), 100U);
  EXPECT_EQ(sum, 4950);
}

TEST(Jobs, DrainStartsNoNewOnes) {
  std::stop_source drain;
  std::atomic<int> ran{0};
  const auto started = run_jobs(
      100, 1,
      [&](std::size_t) {
        if (++ran == 3) drain.request_stop();
      },
      drain.get_token());
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(started, 3U);
}

TEST(Jobs, TheFirstExceptionIsRethrown) {
  std::atomic<int> ran{0};
  EXPECT_THROW(run_jobs(
                   1000, 4,
                   [&](std::size_t i) {
                     ++ran;
                     if (i == 5) throw std::runtime_error("x");
                     std::this_thread::sleep_for(std::chrono::milliseconds(i > 5 ? 20 : 0));
                   },
                   {}),
               std::runtime_error);
  EXPECT_LT(ran, 1000);  // the rest was not begun
}

TEST(Limiter, BoundsTheHolders) {
  Limiter limiter(2);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  run_jobs(
      50, 8,
      [&](std::size_t) {
        const auto permit = limiter.acquire();
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::yield();
        --inside;
      },
      {});
  EXPECT_LE(most, 2);
}

TEST(Limiter, StopsWaitingWhenStopped) {
  Limiter limiter(1);
  const auto held = limiter.acquire();
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_THROW((void)limiter.acquire(stop.get_token()), Cancelled);
}

TEST(Watchdog, StopsAtTheDeadlineAndNotBefore) {
  Watchdog watchdog;
  const Deadline soon(watchdog, {}, std::chrono::milliseconds(20));
  const Deadline late(watchdog, {}, std::chrono::hours(1));
  const Deadline never(watchdog, {});
  while (!soon.token().stop_requested()) std::this_thread::yield();
  EXPECT_TRUE(soon.expired());
  EXPECT_FALSE(late.token().stop_requested());
  EXPECT_FALSE(never.expired());
}

TEST(Watchdog, ForwardsTheParentsStop) {
  Watchdog watchdog;
  std::stop_source parent;
  const Deadline deadline(watchdog, parent.get_token(), std::chrono::hours(1));
  parent.request_stop();
  EXPECT_TRUE(deadline.token().stop_requested());
  EXPECT_FALSE(deadline.expired());
}

TEST(Watchdog, AnExpiredDeadlineStillGetsAPlace) {
  // Else the diff at a wall limit was lost whenever all places were busy.
  Watchdog watchdog;
  Deadline deadline(watchdog, {}, std::chrono::milliseconds(1));
  while (!deadline.token().stop_requested()) std::this_thread::yield();
  Limiter limiter(1);
  std::atomic<bool> taken{false};
  const std::jthread holder([&] {
    const auto held = limiter.acquire();
    taken = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  while (!taken) std::this_thread::yield();
  EXPECT_NO_THROW((void)acquire_paused(limiter, deadline));
}

TEST(Watchdog, WaitingIsNotWorking) {
  Watchdog watchdog;
  Deadline deadline(watchdog, {}, std::chrono::milliseconds(30));
  {
    const Deadline::Pause pause(deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    EXPECT_FALSE(deadline.token().stop_requested());
  }
  EXPECT_FALSE(deadline.expired());
  while (!deadline.token().stop_requested()) std::this_thread::yield();
  EXPECT_TRUE(deadline.expired());
}

TEST(Watchdog, AnOuterDeadlineRunsOnThroughPauses) {
  Watchdog watchdog;
  const Deadline elapsed(watchdog, {}, std::chrono::milliseconds(40));
  Deadline working(watchdog, elapsed, std::chrono::hours(1));
  const Deadline::Pause pause(working);
  while (!working.token().stop_requested()) std::this_thread::yield();
  EXPECT_TRUE(working.expired());
  EXPECT_FALSE(working.parent().stop_requested());  // what is left to do may still be done
}

}  // namespace
}  // namespace weir
