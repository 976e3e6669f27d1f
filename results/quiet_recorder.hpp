#pragma once

#include "results/record.hpp"

namespace weir {

/// Keeps nothing: where verdicts are the output, not rows.
class QuietRecorder final : public Recorder {
 public:
  void begin_try(const Trial&, const Try&) override {}
  void begin_segment(const Segment&) override {}
  void intend(const Call&) override {}
  void settle(const Call&) override {}
  void judge(const Decision&, const std::vector<Signal>&) override {}
  void finish_turn(const Turn&) override {}
  void finish_try(const Try&) override {}
  void record_fork(const Fork&) override {}
};

}  // namespace weir
