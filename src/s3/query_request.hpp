#pragma once
#include "s3/context.hpp"

namespace cairn::s3 {

// Whether a request is for the IAM or STS query API: a form posted to "/", or "/" with an Action parameter.
// Nothing of S3 looks like that.
bool is_query_request(const Context& c);

// Reads the form, checks the signature (for the service iam or sts, in whatever region) and answers, errors
// too; fails only with the connection.
Task<void> answer_query(Context& c, s3wire::SigningKeyCache& keys);

}  // namespace cairn::s3
