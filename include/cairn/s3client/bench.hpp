#pragma once
#include <string>
#include <vector>

namespace cairn::s3client {

// `cairn bench`: puts load on an S3 endpoint and reports what it measured; docs/operations/bench.md is its
// manual. `args` is what follows "bench" on the command line. Gives the exit status: 0, 1 when the run failed
// or had errors, 2 for a wrong command line. Takes SIGINT while it runs: the first one ends the measurement
// early. Called once, by main.
int bench_main(std::vector<std::string> args);

}  // namespace cairn::s3client
