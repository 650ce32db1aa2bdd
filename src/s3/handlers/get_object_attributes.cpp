#include <algorithm>

#include "cairn/s3wire/object_attributes.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {
namespace {

s3wire::AttributeParts to_parts(const s3wire::ObjectAttributesRequest& wanted, const store::ObjectInfo& info,
                                const std::vector<store::PartInfo>& parts) {
  s3wire::AttributeParts out;
  out.total = info.parts_count;
  out.listed = !info.checksums.empty();
  out.part_number_marker = wanted.part_number_marker;
  out.max_parts = wanted.max_parts;
  for (const store::PartInfo& p : parts) {
    if (p.number <= wanted.part_number_marker) continue;
    if (out.parts.size() == wanted.max_parts) {
      out.truncated = true;
      break;
    }
    s3wire::AttributePart part{p.number, p.size, std::nullopt};
    for (const store::Checksum& sum : p.checksums)
      if (!info.checksums.empty() && sum.algorithm == info.checksums.front().algorithm)
        part.checksum = to_wire(sum);
    out.next_part_number_marker = p.number;
    out.parts.push_back(std::move(part));
  }
  return out;
}

}  // namespace

Task<void> get_object_attributes(Context& c) {
  CO_TRY(refuse_customer_key(c));
  CO_TRY(const auto wanted, s3wire::parse_object_attributes(c.view, c.query()));
  CO_TRY(const std::string version, read_version_id(c));
  store::ObjectName name = c.name(version);
  CO_TRY(const auto reader, co_await c.layer().open(std::move(name)));
  const store::ObjectInfo& info = reader->info();
  CO_TRY(refuse_delete_marker(c, info));
  s3wire::ObjectAttributesAnswer answer;
  if (wanted.etag) answer.etag = info.etag;
  if (wanted.checksum) answer.checksum = to_wire(info.checksums);
  if (wanted.object_parts && info.parts_count > 0)
    answer.object_parts = to_parts(wanted, info, reader->parts());
  if (wanted.storage_class) answer.storage_class = info.attributes.storage_class;
  if (wanted.object_size) answer.object_size = info.size;
  write_version_field(c.response, info);
  c.response.field("Last-Modified", http_date(info.modified));
  co_return co_await send_xml(c, answer.render());
}

}  // namespace cairn::s3
