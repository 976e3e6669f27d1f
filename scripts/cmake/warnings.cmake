# Warnings for Weir's own code; linked PRIVATE by each of its targets.
add_library(weir_warnings INTERFACE)
target_compile_options(weir_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-qual
  -Wduplicated-cond -Wlogical-op -Wimplicit-fallthrough
  # g++ 12 reports these falsely on std::string and std::optional when optimising (GCC 105329, 105651).
  -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
  $<$<BOOL:${WEIR_WERROR}>:-Werror>)
