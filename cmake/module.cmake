# cairn_module(name SOURCES ... DEPS ...): the static library cairn_<name> of src/<name>.
function(cairn_module name)
  cmake_parse_arguments(M "" "" "SOURCES;DEPS" ${ARGN})
  add_library(cairn_${name} STATIC ${M_SOURCES})
  target_include_directories(cairn_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(cairn_${name} PUBLIC ${M_DEPS})
  if(CMAKE_BUILD_TYPE STREQUAL "Dev" AND name MATCHES "^(codec|crypto)$")
    target_compile_options(cairn_${name} PRIVATE -O2)  # otherwise the tests would wait for them
  endif()
endfunction()

# cairn_unit_test(module SOURCES ... DEPS ...): one GoogleTest program per module, tests/unit/<module>.
function(cairn_unit_test module)
  cmake_parse_arguments(T "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(unit_${module} ${T_SOURCES})
  target_include_directories(unit_${module} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(unit_${module} PRIVATE cairn_${module} ${T_DEPS} GTest::gtest GTest::gtest_main)
  target_compile_definitions(unit_${module} PRIVATE CAIRN_TEST_DIR="${CMAKE_SOURCE_DIR}/tests")
  add_test(NAME unit_${module} COMMAND unit_${module})
endfunction()

# cairn_fuzz(name DEPS ...): tests/fuzz/<name>.cpp with its corpus in tests/fuzz/corpus/<name>.
function(cairn_fuzz name)
  cmake_parse_arguments(F "" "" "DEPS" ${ARGN})
  add_executable(fuzz_${name} ${name}.cpp)
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(fuzz_${name} PRIVATE ${F_DEPS})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()
