#include "cairn/s3wire/object_attributes.hpp"

#include <algorithm>

#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/answer_parts.hpp"
#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kHeader = "x-amz-object-attributes";

Status take_names(ObjectAttributesRequest& out, std::string_view list) {
  while (!list.empty()) {
    const std::string_view name = trim(cut(list, ','));
    if (name.empty()) continue;
    if (name == "ETag") {
      out.etag = true;
    } else if (name == "Checksum") {
      out.checksum = true;
    } else if (name == "ObjectParts") {
      out.object_parts = true;
    } else if (name == "StorageClass") {
      out.storage_class = true;
    } else if (name == "ObjectSize") {
      out.object_size = true;
    } else {
      return fail(Code::invalid_argument, "Invalid attribute name specified.");
    }
  }
  return {};
}

Result<std::uint32_t> number(const HttpRequestView& request, const Query& query, std::string_view name,
                             std::uint32_t fallback, std::uint32_t max) {
  const auto text = header_or_hoisted(request, query, name);
  if (!text) return fallback;
  const auto value = parse_decimal(trim(*text));
  if (!value || *value > 0x7FFF'FFFF)
    return fail(Code::invalid_argument, "The value of " + std::string(name) + " is not valid.");
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(*value, max));
}

}  // namespace

Result<ObjectAttributesRequest> parse_object_attributes(const HttpRequestView& request, const Query& query) {
  ObjectAttributesRequest out;
  for (const HeaderField& h : request.headers)
    if (iequals(h.name, kHeader)) TRY(take_names(out, h.value));
  if (!request.header(kHeader)) TRY(take_names(out, header_or_hoisted(request, query, kHeader).value_or("")));
  if (!out.etag && !out.checksum && !out.object_parts && !out.storage_class && !out.object_size)
    return fail(Code::invalid_request,
                "The x-amz-object-attributes header specifying the attributes to be retrieved is either "
                "missing or empty");
  TRY(out.max_parts, number(request, query, "x-amz-max-parts", 1000, 1000));
  TRY(out.part_number_marker, number(request, query, "x-amz-part-number-marker", 0, 0x7FFF'FFFF));
  return out;
}

std::string ObjectAttributesAnswer::render() const {
  XmlWriter xml("GetObjectAttributesResponse");
  if (etag) xml.text("ETag", *etag);
  if (checksum) {
    xml.open("Checksum");
    write_checksum(xml, checksum, true);
    xml.close("Checksum");
  }
  if (object_parts) {
    const AttributeParts& p = *object_parts;
    xml.open("ObjectParts").number("PartsCount", p.total);
    if (p.listed) {
      xml.number("PartNumberMarker", p.part_number_marker)
          .number("NextPartNumberMarker", p.next_part_number_marker)
          .number("MaxParts", p.max_parts)
          .boolean("IsTruncated", p.truncated);
      for (const AttributePart& part : p.parts) {
        xml.open("Part").number("PartNumber", part.number).number("Size", part.size);
        write_checksum(xml, part.checksum, false);
        xml.close("Part");
      }
    }
    xml.close("ObjectParts");
  }
  if (storage_class) xml.text("StorageClass", *storage_class);
  if (object_size) xml.number("ObjectSize", *object_size);
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
