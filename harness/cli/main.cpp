#include <fmt/format.h>

#include <exception>
#include <system_error>
#include <variant>

#include "harness/cli/options.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"

namespace {

struct Dispatch {
  int parse_exit_code;
  int operator()(const std::monostate&) const { return parse_exit_code; }
  template <typename Command>
  int operator()(const Command& command) const {
    return weir::cli::run(command);
  }
};

}  // namespace

int main(int argc, char** argv) {
  try {
    int exit_code = 0;
    const auto command = weir::cli::parse(argc, argv, exit_code);
    return std::visit(Dispatch{exit_code}, command);
  } catch (const weir::UserError& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return weir::cli::kUsage;
  } catch (const weir::InfraError& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return weir::cli::kIncomplete;
  } catch (const std::system_error& error) {
    fmt::print(stderr, "weir: {}\n", error.what());  // a full disk behind stdout
    return weir::cli::kUsage;
  } catch (const std::exception& error) {
    if (const auto complaint = weir::store_complaint(error)) {
      fmt::print(stderr, "weir: {}\n", *complaint);
      return weir::cli::kUsage;
    }
    fmt::print(stderr, "weir: unexpected: {}; please report this\n", error.what());
    return weir::cli::kIncomplete;
  }
}
