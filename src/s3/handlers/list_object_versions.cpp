#include "cairn/s3wire/versions.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/list_common.hpp"
#include "s3/object_access.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {
namespace {

s3wire::VersionEntry to_entry(store::ObjectInfo& info, OwnerNames& owners) {
  s3wire::VersionEntry e;
  e.key = std::move(info.key);
  e.version_id = shown_version(info.version_id);
  e.delete_marker = info.delete_marker;
  e.latest = info.latest;
  e.last_modified = info.modified;
  e.etag = std::move(info.etag);
  e.size = info.size;
  e.storage_class = std::move(info.attributes.storage_class);
  e.owner = owners.of(info.owner);
  if (!info.checksums.empty()) {
    e.checksum_algorithm = info.checksums.front().algorithm;
    e.checksum_type = info.checksums.front().composite ? s3wire::ChecksumType::composite
                                                       : s3wire::ChecksumType::full_object;
  }
  return e;
}

}  // namespace

Task<void> list_object_versions(Context& c) {
  s3wire::ListVersionsResult result;
  CO_TRY(result.url_encoding, read_encoding_type(c));
  CO_TRY(result.max_keys, read_limit(c, "max-keys"));
  result.bucket = c.bucket();
  result.prefix = c.query().get("prefix");
  result.delimiter = c.query().get("delimiter");
  result.key_marker = c.query().get("key-marker");
  result.version_id_marker = c.query().get("version-id-marker");
  if (!result.version_id_marker.empty() && result.key_marker.empty())
    co_return fail(Code::invalid_argument, "A version-id marker cannot be specified without a key marker.");
  if (!result.version_id_marker.empty()) CO_TRY(check_version_id(result.version_id_marker));
  store::ListVersionsRequest wanted{
      c.bucket(),     result.prefix, result.delimiter, result.key_marker, result.version_id_marker,
      result.max_keys};
  CO_TRY(auto listed, co_await c.layer().list_versions(std::move(wanted)));
  OwnerNames owners(c);
  for (auto& item : listed.items) {
    if (item.common_prefix)
      result.common_prefixes.push_back(std::move(item.prefix));
    else
      result.versions.push_back(to_entry(item.info, owners));
  }
  result.truncated = listed.truncated;
  if (listed.truncated) {
    result.next_key_marker = std::move(listed.next_key);
    result.next_version_id_marker = std::move(listed.next_version_id);
  }
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
