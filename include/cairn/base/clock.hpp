#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace cairn {

using UnixMillis = std::int64_t;  // milliseconds since 1970-01-01 UTC

// Wall-clock time; two users: the system's and the one that tests set. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis now_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  UnixMillis now_ms() const override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixMillis start) : now_(start) {}
  UnixMillis now_ms() const override { return now_.load(); }
  void advance(UnixMillis ms) { now_ += ms; }
  void set(UnixMillis ms) { now_ = ms; }

 private:
  std::atomic<UnixMillis> now_;
};

// "2026-11-23T12:34:56.789Z" (S3 XML) and "Mon, 23 Nov 2026 12:34:56 GMT" (RFC 9110 IMF-fixdate).
std::string iso8601_ms(UnixMillis t);
std::string http_date(UnixMillis t);

}  // namespace cairn
