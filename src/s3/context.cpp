#include "s3/context.hpp"

#include "cairn/s3wire/headers.hpp"

namespace cairn::s3 {

std::optional<std::string> Context::header(std::string_view name) const {
  return s3wire::header_or_hoisted(view, route.query, name);
}

}  // namespace cairn::s3
