#include "cairn/base/clock.hpp"

#include <algorithm>
#include <string_view>

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

// Every answer carries such a text: without printf it costs a tenth.
namespace {
void put_digits(char* at, unsigned value, int digits) {
  for (int i = digits; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// The years of four digits, which are all that the formats have.
unsigned four_digits(int year) { return static_cast<unsigned>(std::clamp(year, 0, 9999)); }
}  // namespace

std::string iso8601_ms(UnixMillis t) {
  const Civil c = civil(t);
  std::string out = "0000-00-00T00:00:00.000Z";
  put_digits(&out[0], four_digits(c.year), 4);
  put_digits(&out[5], c.month, 2);
  put_digits(&out[8], c.day, 2);
  put_digits(&out[11], c.hour, 2);
  put_digits(&out[14], c.minute, 2);
  put_digits(&out[17], c.second, 2);
  put_digits(&out[20], c.ms, 3);
  return out;
}

std::string http_date(UnixMillis t) {
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const Civil c = civil(t);
  std::string out = "Day, 00 Mon 0000 00:00:00 GMT";
  out.replace(0, 3, kDays.substr(3 * c.weekday, 3));
  put_digits(&out[5], c.day, 2);
  out.replace(8, 3, kMonths.substr(3 * (c.month - 1), 3));
  put_digits(&out[12], four_digits(c.year), 4);
  put_digits(&out[17], c.hour, 2);
  put_digits(&out[20], c.minute, 2);
  put_digits(&out[23], c.second, 2);
  return out;
}

}  // namespace cairn
