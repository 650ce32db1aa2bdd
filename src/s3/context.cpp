#include "s3/context.hpp"

#include "cairn/s3wire/headers.hpp"

namespace cairn::s3 {

std::optional<std::string> Context::header(std::string_view name) const {
  return s3wire::header_or_hoisted(view, route.query, name);
}

Status authorize(const Context& c, s3wire::Operation, std::string_view, std::string_view) {
  if (c.principal.anonymous)
    return fail(Code::access_denied, "Anonymous access is forbidden for this operation");
  return {};
}

}  // namespace cairn::s3
