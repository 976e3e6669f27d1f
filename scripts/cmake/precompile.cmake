# Headers that half of all files read are parsed once a target: a clean build takes
# two thirds of the time. A build without them (the dev preset) shows that every
# file includes what it needs.
option(WEIR_PRECOMPILE "Precompile the headers that most files include" ON)

set(WEIR_COMMON_HEADERS
  <algorithm> <chrono> <filesystem> <functional> <map> <memory> <optional> <set> <span> <stop_token>
  <string> <string_view> <variant> <vector> <fmt/format.h> <nlohmann/json.hpp>)

# weir_precompile(TARGET [HEADER...] | REUSE_FROM OTHER)
function(weir_precompile target)
  if(NOT WEIR_PRECOMPILE)
    return()
  endif()
  if(ARGV1 STREQUAL "REUSE_FROM")
    target_precompile_headers(${target} REUSE_FROM ${ARGV2})
  else()
    target_precompile_headers(${target} PRIVATE ${WEIR_COMMON_HEADERS} ${ARGN})
  endif()
endfunction()
