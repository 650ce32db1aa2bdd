#pragma once
#include "cairn/services/access_log.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

// A finished request as a line of its bucket's access log. `error`: what was answered, nullptr for success.
services::AccessRecord access_record(const Context& c, const Error* error, double seconds,
                                     std::string_view host_id);

}  // namespace cairn::s3
