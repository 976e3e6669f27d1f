# Every third-party package Weir uses, found once. Names that differ between
# distributions are smoothed here and nowhere else.
find_package(Boost 1.81 REQUIRED COMPONENTS filesystem)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(fmt REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(vterm REQUIRED vterm)
# In the init program, which is static.
find_library(vterm_STATIC_LIBRARY NAMES libvterm.a HINTS ${vterm_LIBRARY_DIRS} REQUIRED)

# From 1.86 on Boost.Process is a compiled library; before, headers.
add_library(weir_boost_process INTERFACE)
find_package(boost_process QUIET CONFIG)
if(TARGET Boost::process)
  target_link_libraries(weir_boost_process INTERFACE Boost::process)
else()
  target_link_libraries(weir_boost_process INTERFACE Boost::headers Boost::filesystem)
endif()

add_library(weir_yaml INTERFACE)
if(TARGET yaml-cpp::yaml-cpp)
  target_link_libraries(weir_yaml INTERFACE yaml-cpp::yaml-cpp)
else()
  target_link_libraries(weir_yaml INTERFACE yaml-cpp)
endif()

# cpp-httplib is a shared library on Debian whose compile flags are part of its
# ABI; elsewhere it is a CMake package.
add_library(weir_httplib INTERFACE)
find_package(httplib QUIET CONFIG)
if(TARGET httplib::httplib)
  target_link_libraries(weir_httplib INTERFACE httplib::httplib)
else()
  pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
  target_link_libraries(weir_httplib INTERFACE PkgConfig::httplib)
endif()
