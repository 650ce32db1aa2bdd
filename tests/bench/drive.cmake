if(TARGET cairn_drive)
  cairn_bench(drive SOURCES drive_bench.cpp DEPS cairn_drive cairn_codec cairn_base)
endif()
