// Figures of a calibration: small SVGs, one scale each, no scripts, nothing fetched.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/calibration/calibration_report.hpp"

namespace weir {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 360;
constexpr double kLeft = 64;
constexpr double kRight = 20;
constexpr double kTop = 36;
constexpr double kBottom = 48;
constexpr int kTicks = 5;

/// A range of values on one axis of the picture.
struct Scale {
  double low = 0, high = 1;  ///< values
  double from = 0, to = 1;   ///< pixels
  [[nodiscard]] double at(double value) const {
    return from + (value - low) / std::max(high - low, 1e-12) * (to - from);
  }
  void cover(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

class Figure {
 public:
  Figure(std::string title, std::string x_name, std::string y_name, Scale x, Scale y)
      : x_(x), y_(y) {
    x_.from = kLeft, x_.to = kWidth - kRight;
    y_.from = kHeight - kBottom, y_.to = kTop;
    svg_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" "
        "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
        "fill=\"white\"/>\n",
        kWidth, kHeight);
    text(kLeft, 20, title, "start", "bold");
    text((kLeft + kWidth - kRight) / 2, kHeight - 10, x_name, "middle");
    svg_ += fmt::format(
        "<text x=\"16\" y=\"{}\" text-anchor=\"middle\" transform=\"rotate(-90 16 "
        "{})\">{}</text>\n",
        kHeight / 2, kHeight / 2, y_name);
    axes();
  }

  void line(double x1, double y1, double x2, double y2, const char* color, double width = 1) {
    svg_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
        "stroke-width=\"{}\"/>\n",
        x_.at(x1), y_.at(y1), x_.at(x2), y_.at(y2), color, width);
  }
  void point(double x, double y, bool chosen, const std::string& label) {
    svg_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"/>\n", x_.at(x),
                        y_.at(y), chosen ? 7 : 4, chosen ? "#c0392b" : "#2c3e50");
    if (!label.empty()) text(x_.at(x) + 8, y_.at(y) - 6, label, "start");
  }
  void bar(double x, double half_width, double y1, double y2, const char* color) {
    svg_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n",
        x_.at(x - half_width), y_.at(y2), x_.at(x + half_width) - x_.at(x - half_width),
        y_.at(y1) - y_.at(y2), color);
  }
  void label(double x, double y, const std::string& what) {
    text(x_.at(x), y_.at(y), what, "middle");
  }
  std::string done() { return svg_ + "</svg>\n"; }

 private:
  void text(double x, double y, const std::string& what, const char* anchor,
            const char* weight = "normal") {
    svg_ += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" font-weight=\"{}\">{}</text>\n", x, y,
        anchor, weight, what);
  }
  void axes() {
    for (int i = 0; i <= kTicks; ++i) {
      const double x = x_.low + (x_.high - x_.low) * i / kTicks;
      const double y = y_.low + (y_.high - y_.low) * i / kTicks;
      line(x_.low, y, x_.high, y, "#e0e0e0");
      text(x_.at(x), kHeight - kBottom + 16, fmt::format("{:.4g}", x), "middle");
      text(kLeft - 6, y_.at(y) + 4, fmt::format("{:.3g}", y), "end");
    }
    line(x_.low, y_.low, x_.high, y_.low, "black");
    line(x_.low, y_.low, x_.low, y_.high, "black");
  }

  Scale x_;
  Scale y_;
  std::string svg_;
};

const char* simulated_text(bool simulated) {
  return simulated ? " (simulated: not a measurement)" : "";
}

void widen(Scale& scale) {
  const double room = std::max((scale.high - scale.low) * 0.06, 1e-9);
  scale.low -= room;
  scale.high += room;
}

}  // namespace

std::string frontier_figure(const LogCalibration& found) {
  const auto& all = found.estimates;
  Scale x{all.front().usd->value, all.front().usd->value};
  Scale y{all.front().resolved.value, all.front().resolved.value};
  for (const auto& each : all) {
    x.cover(each.usd->band.low);
    x.cover(each.usd->band.high);
    y.cover(each.resolved.band.low);
    y.cover(each.resolved.band.high);
  }
  if (found.target) y.cover(*found.target);
  widen(x);
  widen(y);
  Figure figure(std::string("Resolve rate over cost, by threshold, bands at 95 %") +
                    simulated_text(found.simulated),
                "USD per run", "resolve rate", x, y);
  if (found.target) figure.line(x.low, *found.target, x.high, *found.target, "#c0392b");
  for (std::size_t k = 0; k < all.size(); ++k) {
    const double usd = all[k].usd->value;
    const double rate = all[k].resolved.value;
    figure.line(usd, all[k].resolved.band.low, usd, all[k].resolved.band.high, "#7f8c8d", 2);
    figure.line(all[k].usd->band.low, rate, all[k].usd->band.high, rate, "#7f8c8d", 2);
    figure.point(usd, rate, found.chosen == k,
                 all[k].threshold > 1 ? "never" : fmt::format("{}", all[k].threshold));
  }
  return figure.done();
}

std::string cost_figure(const LogCalibration& found) {
  const auto& all = found.estimates;
  const auto n = static_cast<double>(all.size());
  Scale y{0, 0};
  for (const auto& each : all) y.cover(each.usd->value);
  y.high *= 1.1;
  const bool split = all.front().strong_usd.has_value();
  Figure figure(std::string(split ? "Cost per run by threshold: base tier below, strong tiers above"
                                  : "Cost per run by threshold") +
                    simulated_text(found.simulated),
                "threshold", "USD per run", {0, n, 0, 1}, y);
  for (std::size_t k = 0; k < all.size(); ++k) {
    const double middle = static_cast<double>(k) + 0.5;
    const double strong = all[k].strong_usd.value_or(0);
    const double base = all[k].usd->value - strong;
    figure.bar(middle, 0.35, 0, base, "#5dade2");
    figure.bar(middle, 0.35, base, base + strong, "#c0392b");
    figure.label(middle, all[k].usd->value,
                 all[k].threshold > 1 ? "never" : fmt::format("{}", all[k].threshold));
  }
  return figure.done();
}

std::string benefit_figure(const BenefitCurve& curve, bool simulated) {
  const auto n = static_cast<double>(curve.bins.size());
  Scale y{0, 0};
  for (const auto& bin : curve.bins) {
    y.cover(bin.interval ? bin.interval->low : bin.resolved);
    y.cover(bin.interval ? bin.interval->high : bin.resolved);
  }
  widen(y);
  Figure figure("What escalating gains, by " + curve.signal + simulated_text(simulated),
                "values, lowest first", "resolve rate, escalated less kept", {0, n, 0, 1}, y);
  figure.line(0, 0, n, 0, "#c0392b");
  for (std::size_t i = 0; i < curve.bins.size(); ++i) {
    const BenefitBin& bin = curve.bins[i];
    const double middle = static_cast<double>(i) + 0.5;
    if (bin.interval)
      figure.line(middle, bin.interval->low, middle, bin.interval->high, "#7f8c8d", 2);
    figure.point(middle, bin.resolved, false, fmt::format("{:.3g} (n {})", bin.high, bin.forks));
  }
  return figure.done();
}

std::string frontier_figure(const PairedCalibration& found) {
  const auto n = static_cast<double>(found.pairs.tasks.size());
  const auto rate = [&](const CascadePoint& point) { return point.resolved / n; };
  const auto usd = [](const CascadePoint& point) { return static_cast<double>(point.cost) / 1e12; };
  Scale x{usd(found.frontier.front()), usd(found.frontier.back())};
  Scale y{rate(found.frontier.front()), rate(found.frontier.back())};
  if (found.target) y.cover(*found.target);
  widen(x);
  widen(y);
  Figure figure(
      std::string("Resolve rate over cost, in sample") + simulated_text(found.pairs.simulated),
      "USD in all", "resolve rate", x, y);
  if (found.target) figure.line(x.low, *found.target, x.high, *found.target, "#c0392b");
  for (std::size_t i = 1; i < found.hull.size(); ++i) {
    figure.line(usd(found.hull[i - 1]), rate(found.hull[i - 1]), usd(found.hull[i]),
                rate(found.hull[i]), "#7f8c8d");
  }
  for (const auto& point : found.frontier) figure.point(usd(point), rate(point), false, "");
  return figure.done();
}

}  // namespace weir
