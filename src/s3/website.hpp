#pragma once
#include <string>

#include "s3/context.hpp"

namespace cairn::s3 {

// The bucket whose website a request's Host names (BUCKET.DOMAIN of ServiceConfig::website_domains); empty
// where it is a request to S3.
std::string website_bucket(const Context& c);
// Serves a bucket's website: index and error documents, redirects, errors as HTML; GET and HEAD, anonymous.
// All answers are sent; an Error means that the connection is lost.
Task<void> serve_website(Context& c, std::string bucket);

}  // namespace cairn::s3
