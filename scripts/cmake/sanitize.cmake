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
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WEIR_CCACHE})
endif()
