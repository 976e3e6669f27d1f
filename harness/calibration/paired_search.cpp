#include "harness/calibration/paired_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "tasks/error.hpp"

namespace weir {
namespace {

void escalate(CascadePoint& point, const SearchTask& task) {
  point.resolved += task.gain;
  point.cost += task.cost;
  ++point.escalated;
}

SearchTask search_task(const PairedTask& task, std::size_t signal) {
  return {task.signals[signal], static_cast<int>(task.strong) - static_cast<int>(task.base),
          task.strong_cost};
}

/// Tasks split by the first signal at `threshold`, then swept by the second.
void sweep_second(const PairedTasks& pairs, double threshold, TwoSignals rule,
                  const std::vector<std::size_t>& by_second, std::vector<CascadePoint>& points) {
  CascadePoint start = base_only(pairs);
  std::vector<SearchTask> swept;
  for (const std::size_t i : by_second) {
    const PairedTask& task = pairs.tasks[i];
    const bool first = task.signals[0] >= threshold;
    if (rule == TwoSignals::either && first) escalate(start, search_task(task, 1));
    SearchTask later = search_task(task, 1);
    // A task the second signal cannot move stays a candidate value all the same.
    const bool moves = rule == TwoSignals::either ? !first : first;
    if (!moves) later.gain = 0, later.cost = 0;
    swept.push_back(later);
  }
  CascadePoint point = start;
  const auto add = [&](double second) {
    CascadePoint each = point;
    each.threshold = threshold;
    each.second = second;
    points.push_back(each);
  };
  add(kNothing);
  for (std::size_t i = 0; i < swept.size(); ++i) {
    const bool first = pairs.tasks[by_second[i]].signals[0] >= threshold;
    if (rule == TwoSignals::either ? !first : first) escalate(point, swept[i]);
    if (i + 1 == swept.size() || swept[i + 1].signal != swept[i].signal) add(swept[i].signal);
  }
}

std::vector<std::size_t> order_by_second(const PairedTasks& pairs) {
  std::vector<std::size_t> order(pairs.tasks.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return pairs.tasks[a].signals[1] > pairs.tasks[b].signals[1];
  });
  return order;
}

/// Every distinct value of the first signal, and "nothing".
std::vector<double> first_thresholds(const PairedTasks& pairs) {
  std::vector<double> firsts = {kNothing};
  for (const auto& task : pairs.tasks) firsts.push_back(task.signals[0]);
  std::sort(firsts.begin(), firsts.end());
  firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
  return firsts;
}

}  // namespace

bool better(const CascadePoint& a, const CascadePoint& b) {
  if (a.cost != b.cost) return a.cost < b.cost;
  if (a.resolved != b.resolved) return a.resolved > b.resolved;
  if (a.escalated != b.escalated) return a.escalated < b.escalated;
  if (a.threshold != b.threshold) return a.threshold < b.threshold;
  return a.second.value_or(0) < b.second.value_or(0);
}

std::vector<CascadePoint> all_thresholds(std::vector<SearchTask> tasks,
                                         const CascadePoint& nothing) {
  std::sort(tasks.begin(), tasks.end(),
            [](const SearchTask& a, const SearchTask& b) { return a.signal > b.signal; });
  std::vector<CascadePoint> points = {nothing};
  CascadePoint point = nothing;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    escalate(point, tasks[i]);
    if (i + 1 < tasks.size() && tasks[i + 1].signal == tasks[i].signal) continue;
    point.threshold = tasks[i].signal;
    points.push_back(point);
  }
  return points;
}

std::vector<CascadePoint> all_thresholds(const PairedTasks& pairs, std::size_t signal) {
  std::vector<SearchTask> tasks;
  tasks.reserve(pairs.tasks.size());
  for (const auto& task : pairs.tasks) tasks.push_back(search_task(task, signal));
  return all_thresholds(std::move(tasks), base_only(pairs));
}

std::vector<CascadePoint> all_threshold_pairs(const PairedTasks& pairs, TwoSignals rule) {
  const auto by_second = order_by_second(pairs);
  std::vector<CascadePoint> points;
  for (const double first : first_thresholds(pairs)) {
    sweep_second(pairs, first, rule, by_second, points);
  }
  return points;
}

PairSearch search_threshold_pairs(const PairedTasks& pairs, TwoSignals rule) {
  constexpr double kMostCandidates = 2e8;
  const auto by_second = order_by_second(pairs);
  const auto firsts = first_thresholds(pairs);
  if (static_cast<double>(firsts.size()) * static_cast<double>(by_second.size()) >
      kMostCandidates) {
    throw UserError(fmt::format(
        "{} values of the first signal on {} tasks are too many pairs to look at: name the signal "
        "with fewer values first, or round it",
        firsts.size(), by_second.size()));
  }
  PairSearch found;
  std::vector<CascadePoint> points;
  for (const double first : firsts) {
    points.clear();
    sweep_second(pairs, first, rule, by_second, points);
    found.candidates += points.size();
    points.insert(points.end(), found.frontier.begin(), found.frontier.end());
    found.frontier = frontier_of(points);
  }
  return found;
}

std::optional<CascadePoint> cheapest_with(const std::vector<CascadePoint>& points,
                                          double resolved) {
  std::optional<CascadePoint> best;
  for (const auto& point : points) {
    if (point.resolved + 1e-9 < resolved) continue;
    if (!best || better(point, *best)) best = point;
  }
  return best;
}

std::optional<CascadePoint> best_within(const std::vector<CascadePoint>& points,
                                        Picodollars budget) {
  std::optional<CascadePoint> best;
  for (const auto& point : points) {
    if (point.cost > budget) continue;
    if (!best || point.resolved > best->resolved ||
        (point.resolved == best->resolved && better(point, *best))) {
      best = point;
    }
  }
  return best;
}

CascadePoint most_useful(const std::vector<CascadePoint>& points, Picodollars value) {
  const auto utility = [&](const CascadePoint& point) {
    return static_cast<long double>(value) * point.resolved - static_cast<long double>(point.cost);
  };
  return *std::max_element(points.begin(), points.end(),
                           [&](const CascadePoint& a, const CascadePoint& b) {
                             if (utility(a) != utility(b)) return utility(a) < utility(b);
                             return better(b, a);
                           });
}

std::vector<CascadePoint> frontier_of(std::vector<CascadePoint> points) {
  std::sort(points.begin(), points.end(), better);
  std::vector<CascadePoint> frontier;
  for (const auto& point : points) {
    if (frontier.empty() || point.resolved > frontier.back().resolved) frontier.push_back(point);
  }
  return frontier;
}

std::vector<CascadePoint> hull_of(const std::vector<CascadePoint>& frontier) {
  std::vector<CascadePoint> hull;
  const auto below = [](const CascadePoint& a, const CascadePoint& b, const CascadePoint& c) {
    const auto ab = static_cast<long double>(b.cost - a.cost);
    const auto ac = static_cast<long double>(c.cost - a.cost);
    return (b.resolved - a.resolved) * ac <= (c.resolved - a.resolved) * ab;
  };
  for (const auto& point : frontier) {
    while (hull.size() >= 2 && below(hull[hull.size() - 2], hull.back(), point)) hull.pop_back();
    hull.push_back(point);
  }
  return hull;
}

CascadePoint base_only(const PairedTasks& pairs) {
  CascadePoint point;
  for (const auto& task : pairs.tasks) {
    point.resolved += task.base ? 1 : 0;
    point.cost += task.base_cost;
  }
  return point;
}

CascadePoint strong_only(const PairedTasks& pairs) {
  CascadePoint point;
  for (const auto& task : pairs.tasks) {
    point.resolved += task.strong ? 1 : 0;
    point.cost += task.strong_cost;
    ++point.escalated;
  }
  return point;
}

CascadePoint perfect_verifier(const PairedTasks& pairs) {
  CascadePoint point = base_only(pairs);
  for (const auto& task : pairs.tasks) {
    if (!task.base) escalate(point, {0, task.strong ? 1 : 0, task.strong_cost});
  }
  return point;
}

CascadePoint oracle_router(const PairedTasks& pairs) {
  CascadePoint point = base_only(pairs);
  for (const auto& task : pairs.tasks) {
    if (!task.base && task.strong) escalate(point, {0, 1, task.strong_cost - task.base_cost});
  }
  return point;
}

}  // namespace weir
