# Libraries from Debian packages; docs/dependencies.md says what each is for.
# The sanitizer builds link dynamically, the release build statically.
find_package(Threads REQUIRED)
set(OPENSSL_USE_STATIC_LIBS ${CAIRN_STATIC})
find_package(OpenSSL 3 REQUIRED)

if(CAIRN_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()

function(cairn_import name header)
  add_library(${name} INTERFACE IMPORTED)
  find_path(${name}_INCLUDE ${header} REQUIRED)
  target_include_directories(${name} SYSTEM INTERFACE ${${name}_INCLUDE})
  foreach(lib ${ARGN})
    find_library(${name}_${lib} ${lib} REQUIRED)
    target_link_libraries(${name} INTERFACE ${${name}_${lib}})
  endforeach()
endfunction()

cairn_import(dep_rocksdb rocksdb/db.h rocksdb snappy zstd lz4 bz2 z)
cairn_import(dep_pugixml pugixml.hpp pugixml)
cairn_import(dep_highwayhash highwayhash/highwayhash.h)
cairn_import(dep_json nlohmann/json.hpp)
cairn_import(dep_cli11 CLI/CLI.hpp)

# Boost: headers only; Asio and Beast are compiled once, in cairn_base and cairn_http.
add_library(dep_boost INTERFACE IMPORTED)
find_path(BOOST_INCLUDE boost/asio.hpp REQUIRED)
target_include_directories(dep_boost SYSTEM INTERFACE ${BOOST_INCLUDE})
target_compile_definitions(dep_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_VISIBILITY
  # Coroutine frames then come from operator new: glibc's aligned_alloc passes its thread caches by.
  BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN)
target_link_libraries(dep_boost INTERFACE Threads::Threads)

# spdlog and fmt: header-only, so that no shared library is needed.
add_library(dep_spdlog INTERFACE IMPORTED)
find_path(SPDLOG_INCLUDE spdlog/spdlog.h REQUIRED)
target_include_directories(dep_spdlog SYSTEM INTERFACE ${SPDLOG_INCLUDE})
target_compile_definitions(dep_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)

# ISA-L: Debian ships no static library, so `./dev deps` builds one from Debian's source package,
# with gf_mul renamed because libcrypto defines a function of the same name.
set(CAIRN_DEPS ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH "Where ./dev deps puts what it builds")
add_library(dep_isal INTERFACE IMPORTED)
if(NOT EXISTS ${CAIRN_DEPS}/isal/libisal.a)
  message(FATAL_ERROR "ISA-L is missing: run ./dev deps first")
endif()
target_include_directories(dep_isal SYSTEM INTERFACE ${CAIRN_DEPS}/isal/include)
target_link_libraries(dep_isal INTERFACE ${CAIRN_DEPS}/isal/libisal.a)
