#include "s3/handlers/handlers.hpp"
#include "s3/list_common.hpp"
#include "s3/list_token.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> list_objects_v2(Context& c) {
  s3wire::ListObjectsV2Result result;
  result.start_after = c.query().get("start-after");
  std::string after = result.start_after;
  if (const std::string* token = c.query().find("continuation-token"); token) {
    if (!token->empty()) {
      CO_TRY(after, parse_list_token(*token));
    }
    result.continuation_token = *token;
  }
  const std::string_view fetch_owner = c.query().get("fetch-owner");
  CO_TRY(const std::string next, co_await fill_list(c, std::move(after), fetch_owner == "true", result));
  if (result.truncated) result.next_continuation_token = make_list_token(next);
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
