#include "cairn/store/quota.hpp"

#include "admin/api/call.hpp"

// What buckets hold, and what they may hold.
namespace cairn::admin::api {
namespace {

json limit_or_null(const std::optional<std::uint64_t>& limit) { return limit ? json(*limit) : json(); }

json quota_document(const std::string& bucket, const std::optional<store::BucketQuota>& quota) {
  return {{"bucket", bucket},
          {"max_bytes", quota ? limit_or_null(quota->max_bytes) : json()},
          {"max_objects", quota ? limit_or_null(quota->max_objects) : json()}};
}

Result<std::optional<store::BucketQuota>> quota_of(const store::BucketInfo& bucket) {
  const std::string* text = bucket.find_config(store::kQuotaConfig);
  if (!text) return std::nullopt;
  TRY(auto quota, store::parse_quota(*text));
  return quota;
}

using ByName = std::map<std::string, store::Bucket, std::less<>>;
Task<ByName> buckets_by_name(const Call& c) {
  CO_TRY(auto list, co_await c.api.store.list_buckets());
  ByName out;
  for (auto& b : list) {
    const std::string& name = b->name;
    out.emplace(name, std::move(b));
  }
  co_return out;
}

Task<json> usage_document(const Call& c, store::Bucket bucket) {
  CO_TRY(const store::UsageInfo usage, co_await c.api.store.usage(bucket->name));
  CO_TRY(const auto quota, quota_of(*bucket));
  json out = quota_document(bucket->name, quota);
  out["objects"] = usage.objects;
  out["bytes"] = usage.bytes;
  co_return out;
}

Task<json> change_quota(Call& c, std::optional<store::BucketQuota> quota) {
  const store::ObjectLayer::BucketChange change = [&](store::BucketInfo& b) -> Status {
    if (quota)
      b.config[std::string(store::kQuotaConfig)] = store::render_quota(*quota);
    else
      b.config.erase(std::string(store::kQuotaConfig));
    return {};
  };
  CO_TRY(const store::Bucket changed, co_await c.api.store.update_bucket(c.path[0], change));
  co_return quota_document(changed->name, quota);
}

}  // namespace

// Each bucket is asked of the drives' counters, so that a page costs as many reads as it has buckets.
Task<json> list_usage(Call& c) {
  CO_TRY(const Page page, read_page(c));
  CO_TRY(const ByName all, co_await buckets_by_name(c));
  json out{{"items", json::array()}};
  std::string last;
  for (auto at = all.upper_bound(page.after); at != all.end(); ++at) {
    if (out["items"].size() == page.limit) {
      out["next"] = last;
      break;
    }
    last = at->first;
    store::Bucket bucket = at->second;
    auto item = co_await usage_document(c, std::move(bucket));
    if (item)
      out["items"].push_back(std::move(*item));
    else if (!item.error().is(Code::no_such_bucket))  // one that went meanwhile
      co_return fail(item.error());
  }
  co_return out;
}

Task<json> get_usage(Call& c) {
  CO_TRY(store::Bucket bucket, co_await c.api.store.head_bucket(c.path[0]));
  co_return co_await usage_document(c, std::move(bucket));
}

Task<json> list_quotas(Call& c) {
  CO_TRY(const ByName all, co_await buckets_by_name(c));
  co_return write_page(c, all, [](const store::Bucket& b) {
    const auto quota = quota_of(*b);
    return quota && *quota ? quota_document(b->name, *quota) : json();
  });
}

Task<json> get_quota(Call& c) {
  CO_TRY(const store::Bucket bucket, co_await c.api.store.head_bucket(c.path[0]));
  CO_TRY(const auto quota, quota_of(*bucket));
  co_return quota_document(bucket->name, quota);
}

Task<json> put_quota(Call& c) {
  CO_TRY(check_fields(c.body, {"max_bytes", "max_objects"}));
  store::BucketQuota quota;
  CO_TRY(quota.max_bytes, read_count(c.body, "max_bytes"));
  CO_TRY(quota.max_objects, read_count(c.body, "max_objects"));
  if (!quota.max_bytes && !quota.max_objects)
    co_return fail(Code::validation_error, "Give max_bytes, max_objects or both.");
  co_return co_await change_quota(c, quota);
}

Task<json> delete_quota(Call& c) { return change_quota(c, std::nullopt); }

}  // namespace cairn::admin::api
