#include <algorithm>

#include "s3/handlers/handlers.hpp"
#include "s3/list_token.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> list_buckets(Context& c) {
  CO_TRY(const std::uint32_t limit, c.query().number("max-buckets", 10'000, 10'000));
  if (limit == 0)
    co_return fail(Code::invalid_argument, "Argument max-buckets must be an integer between 1 and 10000");
  std::string after;
  if (const std::string* token = c.query().find("continuation-token"); token && !token->empty()) {
    CO_TRY(after, parse_list_token(*token));
  }
  const std::string_view region = c.query().get("bucket-region");
  CO_TRY(auto buckets, co_await c.layer().list_buckets());
  std::sort(buckets.begin(), buckets.end(), [](const auto& a, const auto& b) { return a->name < b->name; });
  s3wire::ListBucketsResult result;
  result.owner = c.owner;
  result.prefix = c.query().get("prefix");
  for (const store::Bucket& bucket : buckets) {
    const store::BucketInfo& b = *bucket;
    if (!b.name.starts_with(result.prefix) || b.name <= after || (!region.empty() && b.region != region))
      continue;
    if (result.buckets.size() == limit) {
      result.continuation_token = make_list_token(result.buckets.back().name);
      break;
    }
    result.buckets.push_back({b.name, b.created, b.region});
  }
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
