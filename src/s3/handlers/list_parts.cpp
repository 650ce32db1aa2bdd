#include "s3/handlers/handlers.hpp"
#include "s3/list_common.hpp"
#include "s3/object_access.hpp"
#include "s3/object_headers.hpp"
#include "s3/upload_checksum.hpp"

namespace cairn::s3 {

Task<void> list_parts(Context& c) {
  s3wire::ListPartsResult result;
  CO_TRY(result.part_number_marker, c.query().number("part-number-marker", 0, 0x7fffffff));
  CO_TRY(result.max_parts, read_limit(c, "max-parts"));
  const store::UploadName name = read_upload_name(c);
  result.bucket = c.bucket();
  result.key = c.key();
  result.upload_id = name.upload_id;
  store::ListPartsResult listed;
  if (result.max_parts == 0) {
    CO_TRY(listed.upload, co_await c.layer().head_upload(name));
  } else {
    CO_TRY(listed, co_await c.layer().list_parts(name, result.part_number_marker, result.max_parts));
  }
  result.initiator = result.owner = OwnerNames(c).of(listed.upload.owner);
  result.storage_class = listed.upload.attributes.storage_class;
  result.checksum = checksum_of(listed.upload);
  result.truncated = listed.truncated;
  for (auto& p : listed.parts) {
    s3wire::PartEntry entry{p.number, p.modified, std::move(p.etag), p.size, std::nullopt};
    for (const auto& checksum : p.checksums)
      if (checksum.algorithm == listed.upload.checksum_algorithm) entry.checksum = to_wire(checksum);
    result.next_part_number_marker = p.number;
    result.parts.push_back(std::move(entry));
  }
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
