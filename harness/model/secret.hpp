#pragma once

#include <string>

#include "harness/model/model_spec.hpp"

namespace weir {

/// The key of a model's endpoint. It leaves this object only as a request's
/// header; texts of services, which like to quote it, are redacted before
/// anything stores or prints them.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  /// From where the spec says: environment, file or command; empty where it
  /// names none. Throws UserError naming the source, never the value.
  static Secret of(const ModelSpec& spec);

  /// The same, but a file is read and a command run once per process: a vault
  /// that is asked by every trial is a vault that locks.
  static Secret once(const ModelSpec& spec);

  [[nodiscard]] bool empty() const { return value_.empty(); }
  [[nodiscard]] const std::string& header_value() const { return value_; }
  /// `text` with every occurrence of the key replaced.
  [[nodiscard]] std::string redact(std::string text) const;

 private:
  std::string value_;
};

}  // namespace weir
