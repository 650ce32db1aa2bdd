#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "s3client/bench/load.hpp"

namespace cairn::s3client::bench {

// "  12s  put  8,123 op/s  31.7 MiB/s  1.97 ms  errors 0": what happened between two looks, `seconds` apart.
std::string progress_line(std::string_view phase, double elapsed, const Load::Live& before,
                          const Load::Live& now, double seconds);

// Writes a line to stderr every second while it lives, from a thread of its own; on a terminal always over
// the same one.
class ProgressLine {
 public:
  // `live` is called on the thread.
  ProgressLine(Progress progress, std::string phase, std::function<Load::Live()> live);
  ~ProgressLine();  // takes the line away again

 private:
  void loop();
  bool terminal_;
  std::string phase_;
  std::function<Load::Live()> live_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace cairn::s3client::bench
