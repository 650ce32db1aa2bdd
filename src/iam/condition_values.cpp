#include "iam/condition_values.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

#include <arpa/inet.h>

#include "iam/text.hpp"

namespace cairn::iam {
namespace {

constexpr unsigned kMappedBits = 96;

std::optional<unsigned> parse_small(std::string_view text, unsigned most) {
  unsigned value = 0;
  if (!all_digits(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > most) return std::nullopt;
  return value;
}

// Takes fixed shapes from the front of a date; turns bad at the first mismatch.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  bool done() const { return ok_ && rest_.empty(); }
  bool next_is(char c) const { return ok_ && !rest_.empty() && rest_.front() == c; }
  void literal(char c) {
    ok_ = next_is(c);
    if (ok_) rest_.remove_prefix(1);
  }
  int digits(std::size_t count) {
    const auto value = parse_small(rest_.substr(0, count), 9999);
    ok_ = ok_ && rest_.size() >= count && value;
    if (!ok_) return 0;
    rest_.remove_prefix(count);
    return static_cast<int>(*value);
  }
  int fraction_millis() {
    int millis = 0, scale = 100, count = 0;
    for (; ok_ && !rest_.empty() && is_digit(rest_.front()) && count < 9; ++count, scale /= 10)
      millis += digits(1) * scale;
    ok_ = ok_ && count > 0;
    return millis;
  }
  int zone_minutes() {  // "Z", "+02:00"
    if (next_is('Z')) {
      literal('Z');
      return 0;
    }
    const int sign = next_is('-') ? -1 : 1;
    literal(sign < 0 ? '-' : '+');
    const int hours = digits(2);
    literal(':');
    const int minutes = digits(2);
    ok_ = ok_ && hours < 24 && minutes < 60;
    return sign * (hours * 60 + minutes);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct DateFields {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, millis = 0, zone = 0;
};

void read_time(DateReader& r, DateFields& f) {
  r.literal('T');
  f.hour = r.digits(2);
  r.literal(':');
  f.minute = r.digits(2);
  if (r.next_is(':')) {
    r.literal(':');
    f.second = r.digits(2);
    if (r.next_is('.')) {
      r.literal('.');
      f.millis = r.fraction_millis();
    }
  }
  f.zone = r.zone_minutes();
}

std::optional<std::int64_t> to_millis(const DateFields& f) {
  namespace ch = std::chrono;
  const ch::year_month_day ymd{ch::year(f.year), ch::month(static_cast<unsigned>(f.month)),
                               ch::day(static_cast<unsigned>(f.day))};
  if (!ymd.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  const std::int64_t days = ch::sys_days(ymd).time_since_epoch().count();
  return ((days * 24 + f.hour) * 60 + f.minute - f.zone) * 60'000 + f.second * 1000 + f.millis;
}

}  // namespace

bool IpRange::contains(const IpRange& lone) const {
  const unsigned whole = prefix / 8;
  if (!std::equal(address.begin(), address.begin() + whole, lone.address.begin())) return false;
  const unsigned rest = prefix % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU << (8 - rest) & 0xFFU;
  return (address[whole] & mask) == (lone.address[whole] & mask);
}

std::optional<IpRange> parse_ip(std::string_view text) {
  IpRange range;
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET6, copy.c_str(), range.address.data()) == 1) {
    constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    range.v4 = std::equal(mapped.begin(), mapped.end(), range.address.begin());
    return range;
  }
  range.address[10] = range.address[11] = 0xFF;
  range.v4 = true;
  if (::inet_pton(AF_INET, copy.c_str(), range.address.data() + 12) != 1) return std::nullopt;
  return range;
}

std::optional<IpRange> parse_ip_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  auto range = parse_ip(text.substr(0, slash));
  if (!range || slash == std::string_view::npos) return range;
  const bool dotted = range->v4 && text.find(':') == std::string_view::npos;
  const auto prefix = parse_small(text.substr(slash + 1), dotted ? 32 : 128);
  if (!prefix) return std::nullopt;
  range->prefix = dotted ? *prefix + kMappedBits : *prefix;
  range->v4 = range->v4 && range->prefix >= kMappedBits;
  return range;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (all_digits(text) && text.size() != 4) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || seconds > 1'000'000'000'000) return std::nullopt;
    return seconds * 1000;
  }
  DateFields f;
  DateReader r(text);
  f.year = r.digits(4);
  if (r.next_is('-')) {
    r.literal('-');
    f.month = r.digits(2);
    if (r.next_is('-')) {
      r.literal('-');
      f.day = r.digits(2);
      if (r.next_is('T')) read_time(r, f);
    }
  }
  return r.done() ? to_millis(f) : std::nullopt;
}

std::optional<bool> parse_truth(std::string_view text) {
  if (text.size() > 5) return std::nullopt;
  const std::string word = to_lower(text);
  if (word == "true") return true;
  if (word == "false") return false;
  return std::nullopt;
}

}  // namespace cairn::iam
