#include "harness/agent/trajectory_end.hpp"

#include "harness/model/failure.hpp"

namespace weir {

Submission ended(StopReason reason) {
  Submission submission;
  submission.stop = reason;
  return submission;
}

Submission ended_by(const Completion& failure) {
  Submission end = ended(StopReason::submitted);
  end.error_class = failure.error_class;
  end.message = describe_failure(failure);
  end.may_pass = failure.retryable;
  if (failure.error_class == "context_overflow") {
    end.stop = StopReason::context;
  } else if (failure.error_class == "content_filter") {
    end.stop = StopReason::blocked;
    end.failure = Outcome::agent_limit;
  } else {
    end.failure = Outcome::provider_error;
  }
  return end;
}

}  // namespace weir
