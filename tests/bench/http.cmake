add_executable(http_bench ${CMAKE_SOURCE_DIR}/tests/bench/http_bench.cpp)
target_link_libraries(http_bench PRIVATE cairn_http)
