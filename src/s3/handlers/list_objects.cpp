#include "s3/handlers/handlers.hpp"
#include "s3/list_common.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> list_objects(Context& c) {
  s3wire::ListObjectsResult result;
  result.marker = c.query().get("marker");
  CO_TRY(std::string next, co_await fill_list(c, result.marker, true, result));
  if (!result.delimiter.empty()) result.next_marker = std::move(next);  // without one the last key serves
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
