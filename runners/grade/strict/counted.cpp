#include "runners/grade/strict/counted.hpp"

#include <algorithm>

#include "runners/grade/logs/text.hpp"

namespace weir::strict {
namespace {

void list_official(const Output& output, Listed listed, Tally& tally) {
  TestStatuses statuses;
  try {
    statuses = output.official(output.text, output.source);
  } catch (const logs::ParserFailed& failure) {
    tally.contradict(std::string("the log cannot be read: ") + failure.what());
  }
  for (const auto& [id, status] : statuses) {
    tally.saw(id, status);
    if (listed == Listed::counted) tally.count(status);
  }
}

}  // namespace

bool add_counts(RunnerSummary& sum, const std::optional<RunnerSummary>& more) {
  if (!more) return false;
  using S = RunnerSummary;
  for (const auto count :
       {&S::passed, &S::failed, &S::skipped, &S::errors, &S::xfailed, &S::xpassed, &S::total}) {
    if ((*more).*count) {
      sum.*count = std::min(1'000'000'000, (sum.*count).value_or(0) + *((*more).*count));
    }
  }
  return true;
}

StrictLog read_counted(const Output& output, TakeClosing* take, Tally::Closing closing,
                       Listed listed) {
  Tally tally;
  list_official(output, listed, tally);
  const std::string plain = logs::without_ansi(output.text);
  RunnerSummary sum;
  int closings = 0;
  logs::Lines lines(plain);
  for (std::string_view line; lines.next(line);) {
    if (take(logs::stripped(line), sum)) ++closings;
  }
  if (closings > 0) tally.close(sum);
  StrictLog log = tally.finish(closing, Tally::Listing::partial);
  if (log.summary) log.summary->closings = closings;
  return log;
}

}  // namespace weir::strict
