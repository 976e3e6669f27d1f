#include "tasks/units.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Units, ReadsDurations) {
  EXPECT_EQ(parse_duration("60s"), milliseconds(60'000));
  EXPECT_EQ(parse_duration("30m"), milliseconds(1'800'000));
  EXPECT_EQ(parse_duration("1.5h"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  for (const char* bad : {"", "60", "s", "-1s", "1 day", "1e99h", "nan s"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Units, ReadsSizes) {
  EXPECT_EQ(parse_bytes("2G"), std::int64_t{2} << 30);
  EXPECT_EQ(parse_bytes("512M"), 512 << 20);
  EXPECT_EQ(parse_bytes("4KiB"), 4096);
  EXPECT_EQ(parse_bytes("1048576"), 1 << 20);
  for (const char* bad : {"", "G", "2X", "-1M", "2Gigs"}) EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(Units, TimesSurviveARoundTrip) {
  for (const char* text : {"2026-05-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z",
                           "2024-02-29T23:59:59.123Z"}) {
    const auto time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_time(*time), text);
  }
  EXPECT_EQ(parse_time("2026-05-01T02:00:00+02:00"), parse_time("2026-05-01T00:00:00Z"));
  for (const char* bad : {"2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-05-01", "now",
                          "2026-05-01T00:00:00"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

}  // namespace
}  // namespace weir
