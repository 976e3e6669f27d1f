# Sanitizers apply to everything except the box's init, which is its own target.
add_library(weir_sanitize INTERFACE)
if(WEIR_SANITIZE)
  target_compile_options(weir_sanitize INTERFACE
    -fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(weir_sanitize INTERFACE -fsanitize=${WEIR_SANITIZE})
endif()

# The mold linker is several times faster; used when it is there.
find_program(WEIR_MOLD mold)
if(WEIR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  # It must be told that precompiled headers may be trusted.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${WEIR_CCACHE})
endif()
