#include "s3client/bench/format.hpp"

#include <cmath>

#include <fmt/format.h>

namespace cairn::s3client::bench {

std::string format_ms(double ms) {
  return ms < 10     ? fmt::format("{:.3f}", ms)
         : ms < 100  ? fmt::format("{:.2f}", ms)
         : ms < 1000 ? fmt::format("{:.1f}", ms)
                     : fmt::format("{:.0f}", ms);
}

std::string format_rate(double per_second) {
  if (per_second >= 100) return format_count(static_cast<std::uint64_t>(std::llround(per_second)));
  return per_second >= 10 ? fmt::format("{:.1f}", per_second) : fmt::format("{:.2f}", per_second);
}

std::string format_count(std::uint64_t n) {
  std::string text = fmt::format("{}", n);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string format_ratio(double ratio) {
  return std::isfinite(ratio) && ratio > 0 ? fmt::format("{:.2f}x", ratio) : "-";
}

}  // namespace cairn::s3client::bench
