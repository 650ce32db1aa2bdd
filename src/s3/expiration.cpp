#include "s3/expiration.hpp"

namespace cairn::s3 {

void write_expiration_field(Context& c, const store::ObjectInfo& info) {
  if (!c.bucket_info || !info.latest || c.query().has("versionId")) return;
  if (!c.bucket_info->find_config("lifecycle")) return;
  const BucketAccessPtr compiled = c.bucket_accesses.get(*c.bucket_info);
  if (!compiled->lifecycle) return;
  std::vector<s3wire::LifecycleTag> tags;
  for (const auto& [key, value] : info.attributes.tags) tags.push_back({key, value});
  s3wire::LifecycleVersion version;
  version.key = info.key;
  version.size = info.size;
  version.tags = tags;
  version.modified = info.modified;
  if (auto text = s3wire::expiration_header(*compiled->lifecycle, version, c.config.lifecycle_day.count()))
    c.response.field("x-amz-expiration", *text);
}

}  // namespace cairn::s3
