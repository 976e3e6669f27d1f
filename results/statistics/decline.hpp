#pragma once

#include <vector>

namespace weir {

/// One night's paired look at an arm and its pinned anchor. Differences are night -
/// anchor, per task, of the mean outcome over the task's trials.
struct NightLook {
  int tasks = 0;
  double diff = 0;         ///< mean over tasks
  double squares = 0;      ///< sum over tasks of (difference - diff)^2
  double night_unit = 0;   ///< sum of 1 / night trials, over tasks^2
  double anchor_unit = 0;  ///< sum of 1 / anchor trials, over tasks^2
};

/// Evidence, over all nights so far, that an arm has declined since its anchor was
/// pinned: a step or a steady slide that began on some night. An e-process, but for its
/// variances, which are estimated: if nothing declined, the chance that it *ever*
/// reaches 1 / alpha is about alpha at most, however many nights are looked at (measured
/// by the test of label slow).
///
/// Model: a night's difference = anchor's error + decline + the night's error. The
/// errors come from re-running tasks: variance w x unit, where the within-task
/// variance w is estimated from all nights' differences; nights that differ from each
/// other by more than that (a service's moods) raise the nights' part of it. The
/// anchor's error is common to all nights, so that an anchor may be as noisy as it is.
/// The evidence is a mixture of likelihood ratios of the nights' joint normal law: over
/// shapes and sizes of the decline and over the night it began, half of the weight on
/// starts spread evenly over 400 nights, half falling as 1 / (s (s + 1)).
/// Normal approximation: meant for 30 tasks and more.
/// Sources: Ville (1939); Robbins (1970), mixtures; Ramdas et al. (2023), sec. 5.
/// One thread at a time.
class DeclineWatch {
 public:
  void add(const NightLook& look);

  /// Natural logarithm of the evidence; 0 before the first night.
  [[nodiscard]] double log_evidence() const;
  /// Mean difference over the last `nights` (or fewer).
  [[nodiscard]] double recent(int nights = 7) const;
  [[nodiscard]] int nights() const { return static_cast<int>(diffs_.size()); }
  /// Estimated variance of one trial within its task.
  [[nodiscard]] double within_variance() const;
  /// The same as the nights show it: no less, more where they jump about.
  [[nodiscard]] double night_variance() const;

 private:
  /// Running sums of one start: of the decline's shape (size 1) over the units.
  struct Start {
    double step_step = 0, step_diff = 0, step_one = 0;
    double slide_slide = 0, slide_diff = 0, slide_one = 0;
  };
  std::vector<double> diffs_;
  std::vector<double> jumps_;  ///< squared change from the night before over both units
  double last_unit_ = 0;
  std::vector<Start> starts_;
  double one_one_ = 0;   ///< sum of 1 / unit
  double one_diff_ = 0;  ///< sum of diff / unit
  double squares_ = 0;
  double units_ = 0;
  double anchor_units_ = 0;
};

/// The evidence that is enough where a baseline watches `streams` arms with total
/// error `alpha` for as long as it is pinned: log(streams / alpha).
[[nodiscard]] double enough_evidence(int streams, double alpha);

}  // namespace weir
