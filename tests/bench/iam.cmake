if(TARGET cairn_iam)
  cairn_bench(iam SOURCES iam_bench.cpp DEPS cairn_iam)
endif()
