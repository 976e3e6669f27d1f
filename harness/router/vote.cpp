#include "harness/router/vote.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace weir {

Vote count_votes(const std::vector<std::string>& samples) {
  struct Class {
    std::size_t first;
    int count = 0;
  };
  std::map<std::string, Class> classes;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    ++classes.try_emplace(samples[i], Class{i}).first->second.count;
  }
  Vote vote;
  vote.tally.samples = static_cast<int>(samples.size());
  vote.winner = samples.size();
  for (const auto& [unused, each] : classes) {
    const bool more = each.count > vote.tally.plurality;
    if (more || (each.count == vote.tally.plurality && each.first < vote.winner)) {
      vote.tally.plurality = each.count;
      vote.winner = each.first;
    }
    const double share = static_cast<double>(each.count) / vote.tally.samples;
    vote.tally.entropy -= share * std::log(share);
  }
  if (samples.empty()) vote.winner = 0;
  if (samples.size() > 1) vote.tally.entropy /= std::log(vote.tally.samples);
  vote.tally.entropy = std::max(0.0, vote.tally.entropy);
  return vote;
}

}  // namespace weir
