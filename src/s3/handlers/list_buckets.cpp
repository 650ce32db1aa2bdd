#include <algorithm>

#include "s3/handlers/handlers.hpp"
#include "s3/list_token.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {
namespace {
// The buckets that the caller is shown: its own, and those that a policy opens to it; root sees all. Who may
// not list buckets at all, and whom no policy opens one, is refused.
Result<std::vector<store::Bucket>> visible(Context& c, std::vector<store::Bucket> all) {
  const BucketsView view = view_of_buckets(c);
  if (view == BucketsView::denied) return fail(Code::access_denied, c.denial);
  std::string denial = c.denial;
  const bool limited = !c.identity->limits.empty();
  if (c.identity->is_root() && !limited) return all;
  std::erase_if(all, [&](const store::Bucket& b) {
    const bool own = b->owner == c.owner.id && (view == BucketsView::listed || !limited);
    return !own && !policy_opens(c, *b);
  });
  if (all.empty() && view == BucketsView::own) return fail(Code::access_denied, std::move(denial));
  return all;
}
}  // namespace

Task<void> list_buckets(Context& c) {
  CO_TRY(const std::uint32_t limit, c.query().number("max-buckets", 10'000, 10'000));
  if (limit == 0)
    co_return fail(Code::invalid_argument, "Argument max-buckets must be an integer between 1 and 10000");
  std::string after;
  if (const std::string* token = c.query().find("continuation-token"); token && !token->empty()) {
    CO_TRY(after, parse_list_token(*token));
  }
  const std::string_view region = c.query().get("bucket-region");
  CO_TRY(auto all, co_await c.layer().list_buckets());
  CO_TRY(auto buckets, visible(c, std::move(all)));
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
