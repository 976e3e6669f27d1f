#pragma once

#include <stdexcept>
#include <string>

namespace weir {

/// The user gave something Weir cannot use. Ends the command with exit code 2.
/// The message says what is wrong, where, and what to do.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The machine or a service failed Weir: no user namespaces, a full disk, a
/// dead box. Never a verdict on a model; the trial it hits is missing data.
class InfraError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What was to be recorded could not be: a full disk, a damaged database. Ends
/// the run; everything committed before it is safe.
class StoreError : public InfraError {
 public:
  using InfraError::InfraError;
};

/// The command was interrupted (Ctrl-C twice, a stopped run); unwinds a trial.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("cancelled") {}
};

}  // namespace weir
