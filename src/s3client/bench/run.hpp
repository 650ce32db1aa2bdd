#pragma once
#include <atomic>

#include "s3client/bench/options.hpp"
#include "s3client/bench/report.hpp"

namespace cairn::s3client::bench {

// A whole run: bucket, preparation, measurement, cleanup. Blocks. `interrupted` may be set by a signal
// handler: the measurement then ends early and the rest is still done. An error where nothing could be
// measured.
Result<Report> run_bench(const RunOptions& options, const std::atomic<bool>& interrupted);

}  // namespace cairn::s3client::bench
