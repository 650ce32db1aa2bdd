#include <array>
#include <chrono>
#include <cstdio>

#include "cairn/s3wire/headers.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0;
};

std::optional<UnixMillis> to_millis(const Fields& f) {
  namespace ch = std::chrono;
  const ch::year_month_day ymd{ch::year(f.year), ch::month(static_cast<unsigned>(f.month)),
                               ch::day(static_cast<unsigned>(f.day))};
  if (!ymd.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  const auto days = ch::sys_days(ymd).time_since_epoch().count();
  return ((static_cast<UnixMillis>(days) * 24 + f.hour) * 60 + f.minute) * 60'000 + f.second * 1000 +
         f.millis;
}

// Reads fixed shapes from the front of a text; turns bad at the first mismatch.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  int digits(std::size_t n) {
    if (rest_.size() < n) return bad();
    int v = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (!is_digit(rest_[i])) return bad();
      v = v * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(n);
    return v;
  }
  void literal(std::string_view s) {
    if (rest_.starts_with(s)) {
      rest_.remove_prefix(s.size());
    } else {
      bad();
    }
  }
  int month() {
    const std::string_view name = rest_.substr(0, 3);
    for (std::size_t i = 0; i < kMonths.size(); ++i)
      if (iequals(name, kMonths[i])) {
        rest_.remove_prefix(3);
        return static_cast<int>(i) + 1;
      }
    return bad();
  }
  void time(Fields& f) {
    f.hour = digits(2);
    literal(":");
    f.minute = digits(2);
    literal(":");
    f.second = digits(2);
  }
  void zone() {  // "GMT" by the standard; others say the same in other words
    for (const std::string_view z : {" GMT", " UTC", " +0000", " -0000"})
      if (rest_ == z) return rest_.remove_prefix(z.size());
    bad();
  }
  bool starts_with(std::string_view s) const { return rest_.starts_with(s); }
  std::string_view rest() const { return rest_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  int bad() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<UnixMillis> finish(const Reader& r, const Fields& f) {
  return r.done() ? to_millis(f) : std::nullopt;
}

}  // namespace

std::optional<UnixMillis> parse_http_date(std::string_view text) {
  Fields f;
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) {  // asctime: "Sun Nov  6 08:49:37 1994"
    if (text.size() < 4) return std::nullopt;
    Reader r(text.substr(3));
    r.literal(" ");
    f.month = r.month();
    r.literal(" ");
    if (r.starts_with(" ")) {
      r.literal(" ");
      f.day = r.digits(1);
    } else {
      f.day = r.digits(2);
    }
    r.literal(" ");
    r.time(f);
    r.literal(" ");
    f.year = r.digits(4);
    return finish(r, f);
  }
  Reader r(text.substr(comma + 1));
  r.literal(" ");
  f.day = r.digits(2);
  if (r.starts_with("-")) {  // RFC 850: "06-Nov-94", a year of two digits from 1970 to 2069
    r.literal("-");
    f.month = r.month();
    r.literal("-");
    f.year = r.digits(2);
    f.year += f.year < 70 ? 2000 : 1900;
  } else {  // IMF-fixdate: "06 Nov 1994"
    r.literal(" ");
    f.month = r.month();
    r.literal(" ");
    f.year = r.digits(4);
  }
  r.literal(" ");
  r.time(f);
  r.zone();
  return finish(r, f);
}

std::optional<UnixMillis> parse_amz_date(std::string_view text) {
  Fields f;
  Reader r(text);
  f.year = r.digits(4);
  f.month = r.digits(2);
  f.day = r.digits(2);
  r.literal("T");
  f.hour = r.digits(2);
  f.minute = r.digits(2);
  f.second = r.digits(2);
  r.literal("Z");
  return finish(r, f);
}

std::string amz_date(UnixMillis t) {
  namespace ch = std::chrono;
  const auto at = ch::sys_time<ch::milliseconds>(ch::milliseconds(t));
  const auto day = ch::floor<ch::days>(at);
  const ch::year_month_day ymd{day};
  const ch::hh_mm_ss clock{ch::floor<ch::seconds>(at - day)};
  char out[40];
  const int n =
      std::snprintf(out, sizeof out, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(ymd.year()),
                    static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()));
  return {out, static_cast<std::size_t>(n)};
}

std::optional<UnixMillis> parse_iso8601(std::string_view text) {
  Fields f;
  Reader r(text);
  f.year = r.digits(4);
  r.literal("-");
  f.month = r.digits(2);
  r.literal("-");
  f.day = r.digits(2);
  r.literal("T");
  r.time(f);
  if (r.starts_with(".")) {
    r.literal(".");
    int scale = 100;
    int count = 0;
    while (!r.rest().empty() && is_digit(r.rest().front()) && count < 9) {
      f.millis += r.digits(1) * scale;
      scale /= 10;
      ++count;
    }
    if (count == 0) return std::nullopt;
  }
  if (r.starts_with("+00:00")) {
    r.literal("+00:00");
  } else {
    r.literal("Z");
  }
  return finish(r, f);
}

}  // namespace cairn::s3wire
