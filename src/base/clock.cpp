#include "cairn/base/clock.hpp"

#include <array>
#include <cstdio>

namespace cairn {

UnixMillis SystemClock::now_ms() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

namespace {
struct Civil {
  int year;
  unsigned month, day, hour, minute, second, ms, weekday;
};

Civil civil(UnixMillis t) {
  using namespace std::chrono;
  const sys_time<milliseconds> tp{milliseconds(t)};
  const auto days = floor<std::chrono::days>(tp);
  const year_month_day ymd{days};
  const hh_mm_ss<milliseconds> hms{tp - days};
  return {int(ymd.year()),
          unsigned(ymd.month()),
          unsigned(ymd.day()),
          static_cast<unsigned>(hms.hours().count()),
          static_cast<unsigned>(hms.minutes().count()),
          static_cast<unsigned>(hms.seconds().count()),
          static_cast<unsigned>(hms.subseconds().count()),
          weekday(days).c_encoding()};
}
}  // namespace

std::string iso8601_ms(UnixMillis t) {
  const Civil c = civil(t);
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year, c.month, c.day, c.hour,
                c.minute, c.second, c.ms);
  return out;
}

std::string http_date(UnixMillis t) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Civil c = civil(t);
  char out[64];
  std::snprintf(out, sizeof out, "%s, %02u %s %04d %02u:%02u:%02u GMT", kDays[c.weekday], c.day,
                kMonths[c.month - 1], c.year, c.hour, c.minute, c.second);
  return out;
}

}  // namespace cairn
