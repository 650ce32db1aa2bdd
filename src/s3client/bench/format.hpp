#pragma once
#include <cstdint>
#include <string>

namespace cairn::s3client::bench {

// Figures as people read them, the same in the table, the page and the comparison.
std::string format_ms(double ms);            // "0.123", "12.3", "1234": three or four digits
std::string format_rate(double per_second);  // "0.52", "31.7", "8,123"
std::string format_count(std::uint64_t n);   // "1,234,567"
std::string format_ratio(double ratio);      // "1.25x"; "-" where there is nothing to compare

}  // namespace cairn::s3client::bench
