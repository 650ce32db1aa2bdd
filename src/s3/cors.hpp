#pragma once
#include <optional>

#include "cairn/s3wire/cors.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

// The CORS configuration of a bucket; nothing where it has none.
Result<std::optional<s3wire::CorsConfiguration>> cors_of(const store::BucketInfo& bucket);
// Adds to the answer, be it an error, what the bucket's configuration grants to the request's Origin. Without
// effect on requests that have none.
Task<void> add_cors_headers(Context& c);

}  // namespace cairn::s3
