#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "runners/environment.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// A service in a box of its own: what its image or compose file says is run there, in the
/// background, its output drained and the beginning of it kept, and started again as declared.
/// The image needs `sh`, `dd` and `cat`. Owned by one thread.
class ServiceBox {
 public:
  /// `service` and `environment` outlive it.
  ServiceBox(const Service& service, const PreparedEnvironment& environment,
             std::unique_ptr<Box> box)
      : service_(service), environment_(environment), box_(std::move(box)) {}

  /// Throws InfraError where nothing is there to run, and Cancelled.
  void start(const std::stop_token& stop);
  /// Waits until its healthcheck passes: asked several times a second, with the patience declared
  /// (start period, and as many intervals as retries) and no more than `most`. Throws InfraError
  /// with its last words, and Cancelled.
  void await_health(milliseconds most, const std::stop_token& stop);
  /// Waits until it ended with exit code 0. Throws likewise.
  void await_end(milliseconds most, const std::stop_token& stop);
  /// Its exit code, once it has ended for good.
  [[nodiscard]] std::optional<int> ended();
  /// The beginning of what it printed, its end.
  [[nodiscard]] std::string last_words();

  /// A command beside it, in its environment.
  [[nodiscard]] ExecResult exec(ExecRequest request);
  [[nodiscard]] Box& box() { return *box_; }
  [[nodiscard]] const Service& service() const { return service_; }
  [[nodiscard]] const std::string& workdir() const { return environment_.workdir; }

 private:
  [[noreturn]] void fail(const std::string& what);

  const Service& service_;
  const PreparedEnvironment& environment_;
  std::unique_ptr<Box> box_;
};

/// The words that a service runs: compose's where it has some, else its image's. Compose's
/// entrypoint leaves the image's command out.
[[nodiscard]] std::vector<std::string> words_of(const ServiceRun& run,
                                                const PreparedEnvironment& environment);

}  // namespace weir
