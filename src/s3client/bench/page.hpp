#pragma once
#include <string>

#include "s3client/bench/compare.hpp"
#include "s3client/bench/report.hpp"

namespace cairn::s3client::bench {

// A whole HTML document: styles, drawings and script inside, nothing fetched from anywhere, in light and in
// dark as the reader's system says. All text from reports is escaped.
std::string to_html(const Report& report);
std::string to_html(const Comparison& comparison, const Report& a, const Report& b);

}  // namespace cairn::s3client::bench
