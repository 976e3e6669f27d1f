#include "results/statistics/decline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace weir {
namespace {

constexpr double kSpread = 400;  // nights over which starts are spread evenly

/// Sizes of the decline that are looked for, with their shares of the weight.
struct Size {
  double size;
  double share;
};
constexpr std::array<Size, 5> kSteps = {
    {{0.02, 0.1}, {0.04, 0.1}, {0.08, 0.05}, {0.16, 0.05}, {0.32, 0.05}}};
constexpr std::array<Size, 3> kSlides = {{{0.001, 0.15}, {0.002, 0.35}, {0.004, 0.15}}};

/// Weight of a decline that begins on night `s`, from 1; all sum to 1 at most.
double start_weight(std::size_t s) {
  const auto night = static_cast<double>(s);
  return 0.5 / (night * (night + 1)) + (night <= kSpread ? 0.5 / kSpread : 0);
}

/// log(sum of exp), kept in range.
class LogSum {
 public:
  void add(double log_term) {
    if (log_term > most_) {
      sum_ *= std::exp(most_ - log_term);
      most_ = log_term;
    }
    sum_ += std::exp(log_term - most_);
  }
  [[nodiscard]] double value() const { return most_ + std::log(sum_); }

 private:
  double most_ = -1e300;
  double sum_ = 0;
};

}  // namespace

void DeclineWatch::add(const NightLook& look) {
  if (look.tasks == 0 || look.night_unit <= 0) return;
  const double weight = 1 / look.night_unit;
  if (!diffs_.empty()) {
    const double jump = look.diff - diffs_.back();
    jumps_.push_back(jump * jump / (look.night_unit + last_unit_));
  }
  last_unit_ = look.night_unit;
  starts_.emplace_back();
  diffs_.push_back(look.diff);
  for (std::size_t s = 0; s < starts_.size(); ++s) {
    Start& start = starts_[s];
    const auto age = static_cast<double>(starts_.size() - s);
    start.step_step += weight;
    start.step_diff += weight * look.diff;
    start.step_one += weight;
    start.slide_slide += weight * age * age;
    start.slide_diff += weight * age * look.diff;
    start.slide_one += weight * age;
  }
  one_one_ += weight;
  one_diff_ += weight * look.diff;
  squares_ += look.squares;
  units_ += (look.night_unit + look.anchor_unit) * look.tasks * look.tasks;
  anchor_units_ += look.anchor_unit;
}

double DeclineWatch::within_variance() const {
  // One more squared difference a night than was seen: no variance is 0, none too small
  // by luck, where nearly all tasks are always resolved.
  return units_ > 0 ? (squares_ + nights()) / units_ : 0.25;
}

double DeclineWatch::night_variance() const {
  constexpr double kNights = 8;  // that w counts for
  constexpr double kMost = 12;   // one step is no mood
  const double w = within_variance();
  double sum = kNights * w;
  for (const double jump : jumps_) sum += std::min(jump, kMost * w);
  return std::max(w, sum / (kNights + static_cast<double>(jumps_.size())));
}

double DeclineWatch::log_evidence() const {
  if (starts_.empty()) return 0;
  const double w = night_variance();
  // The joint law's inverse covariance (Sherman-Morrison), in units of the nights' w.
  const double anchor = anchor_units_ / static_cast<double>(starts_.size()) * within_variance() / w;
  const double shrink = anchor / (1 + anchor * one_one_);
  LogSum evidence;
  double spent = 0;
  for (std::size_t s = 0; s < starts_.size(); ++s) {
    const Start& start = starts_[s];
    const double prior = start_weight(s + 1);
    spent += prior;
    const auto ratio = [&](const Size& shape, double same, double diff, double one) {
      const double cross = -shape.size * (diff - shrink * one * one_diff_);
      const double norm = shape.size * shape.size * (same - shrink * one * one);
      evidence.add(std::log(prior * shape.share) + (cross - norm / 2) / w);
    };
    for (const auto& step : kSteps) ratio(step, start.step_step, start.step_diff, start.step_one);
    for (const auto& slide : kSlides) {
      ratio(slide, start.slide_slide, start.slide_diff, start.slide_one);
    }
  }
  evidence.add(std::log(1 - spent));  // declines that have yet to begin
  return evidence.value();
}

double DeclineWatch::recent(int nights) const {
  const std::size_t count = std::min(diffs_.size(), static_cast<std::size_t>(nights));
  if (count == 0) return 0;
  double sum = 0;
  for (std::size_t i = diffs_.size() - count; i < diffs_.size(); ++i) sum += diffs_[i];
  return sum / static_cast<double>(count);
}

double enough_evidence(int streams, double alpha) {
  return std::log(std::max(1, streams) / alpha);
}

}  // namespace weir
