#pragma once

#include <string>

#include "tasks/error.hpp"

namespace weir {

/// The message of the UserError that `function` throws; "no error" if it throws none.
template <typename Function>
std::string error_of(Function&& function) {
  try {
    function();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace weir
