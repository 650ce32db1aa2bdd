#pragma once
#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

namespace cairn::http {

namespace asio = boost::asio;

// A deadline that costs a clock read to move: the timer behind it is left running and, when it fires too
// early, is set again. Everything happens on the given executor, which runs one thing at a time.
class Watchdog {
 public:
  Watchdog(asio::any_io_executor executor, std::function<void()> on_expiry);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  void arm(std::chrono::milliseconds time);
  void disarm();
  bool expired() const;  // since it was last armed

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cairn::http
