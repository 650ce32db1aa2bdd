# Compiler, warnings and build types.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

# Dev: quick to compile (coroutines take half as long without optimization), assertions on.
set(CMAKE_CXX_FLAGS_DEV "-O0 -g1 -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_DEV "-O0 -g1 -fno-omit-frame-pointer")
set(CMAKE_EXE_LINKER_FLAGS_DEV "")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -fno-omit-frame-pointer -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -fno-omit-frame-pointer -DNDEBUG")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                    -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports maybe-uninitialized, dangling and null paths inside coroutine frames and its own library.
  add_compile_options(-fcoroutines -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-null-dereference
                      -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict -Wno-stringop-overread
                      -Wno-mismatched-new-delete -Wno-free-nonheap-object)
else()
  add_compile_options(-Wunused-result -Wno-gnu-zero-variadic-macro-arguments)
endif()

# The same bytes wherever the checkout stands.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(CAIRN_SANITIZE)
  add_compile_options(-fsanitize=${CAIRN_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CAIRN_SANITIZE})
endif()
if(CAIRN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
