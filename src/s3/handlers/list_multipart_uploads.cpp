#include "s3/handlers/handlers.hpp"
#include "s3/list_common.hpp"
#include "s3/object_access.hpp"
#include "s3/object_headers.hpp"
#include "s3/upload_checksum.hpp"

namespace cairn::s3 {
namespace {
s3wire::UploadEntry to_entry(store::UploadInfo& upload, const s3wire::Owner& owner) {
  s3wire::UploadEntry entry;
  entry.key = std::move(upload.key);
  entry.upload_id = std::move(upload.upload_id);
  entry.initiator = entry.owner = owner;
  entry.storage_class = upload.attributes.storage_class;
  entry.initiated = upload.initiated;
  entry.checksum = checksum_of(upload);
  return entry;
}
}  // namespace

Task<void> list_multipart_uploads(Context& c) {
  s3wire::ListMultipartUploadsResult result;
  CO_TRY(result.url_encoding, read_encoding_type(c));
  CO_TRY(result.max_uploads, read_limit(c, "max-uploads"));
  result.bucket = c.bucket();
  result.prefix = c.query().get("prefix");
  result.delimiter = c.query().get("delimiter");
  result.key_marker = c.query().get("key-marker");
  // Without a key marker there is nothing the upload marker could stand behind: S3 ignores it.
  if (!result.key_marker.empty()) result.upload_id_marker = c.query().get("upload-id-marker");
  if (result.max_uploads == 0) {
    CO_TRY(co_await c.layer().head_bucket(c.bucket()));
    co_return co_await send_xml(c, result.render());
  }
  store::ListUploadsRequest wanted{c.bucket(),        result.prefix,           result.delimiter,
                                   result.key_marker, result.upload_id_marker, result.max_uploads};
  CO_TRY(auto listed, co_await c.layer().list_uploads(std::move(wanted)));
  OwnerNames owners(c);
  for (auto& item : listed.items) {
    if (item.common_prefix)
      result.common_prefixes.push_back(std::move(item.prefix));
    else
      result.uploads.push_back(to_entry(item.upload, owners.of(item.upload.owner)));
  }
  result.truncated = listed.truncated;
  result.next_key_marker = std::move(listed.next_key);
  result.next_upload_id_marker = std::move(listed.next_upload_id);
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
