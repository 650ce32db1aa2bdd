#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/answer_parts.hpp"
#include "s3wire/xml_parse.hpp"

namespace cairn::s3wire {
namespace {

void write_list_tail(XmlWriter& xml, ListedName& names, const ListObjectsCommon& list) {
  xml.number("MaxKeys", list.max_keys);
  if (!list.delimiter.empty()) xml.text("Delimiter", names(list.delimiter));
  if (list.url_encoding) xml.text("EncodingType", "url");
  xml.boolean("IsTruncated", list.truncated);
  std::string etag;
  ListedTime time;
  for (const ObjectEntry& o : list.contents) {
    etag.assign(1, '"').append(o.etag).push_back('"');
    xml.open("Contents")
        .text("Key", names(o.key))
        .text("LastModified", time(o.last_modified))
        .text("ETag", etag);
    if (o.checksum_algorithm)
      xml.text("ChecksumAlgorithm", checksum_name(*o.checksum_algorithm))
          .text("ChecksumType", checksum_type_name(o.checksum_type));
    xml.number("Size", o.size);
    if (o.owner) write_owner(xml, "Owner", *o.owner);
    xml.text("StorageClass", o.storage_class).close("Contents");
  }
  write_prefixes(xml, names, list.common_prefixes);
}

}  // namespace

std::string ListBucketsResult::render() const {
  XmlWriter xml("ListAllMyBucketsResult");
  write_owner(xml, "Owner", owner);
  xml.open("Buckets");
  for (const BucketEntry& b : buckets)
    xml.open("Bucket")
        .text("Name", b.name)
        .text("CreationDate", iso8601_ms(b.created))
        .optional("BucketRegion", b.region)
        .close("Bucket");
  xml.close("Buckets").optional("ContinuationToken", continuation_token).optional("Prefix", prefix);
  return std::move(xml).finish();
}

std::string ListObjectsResult::render() const {
  ListedName names(url_encoding);
  XmlWriter xml("ListBucketResult");
  xml.reserve(512 + contents.size() * 320);
  // Amazon's first list gives the prefix back as it is, and clients do not decode it.
  xml.text("Name", bucket).text("Prefix", prefix).text("Marker", names(marker));
  if (!next_marker.empty()) xml.text("NextMarker", names(next_marker));
  write_list_tail(xml, names, *this);
  return std::move(xml).finish();
}

std::string ListObjectsV2Result::render() const {
  ListedName names(url_encoding);
  XmlWriter xml("ListBucketResult");
  xml.reserve(512 + contents.size() * 320);
  xml.text("Name", bucket).text("Prefix", names(prefix));
  if (!start_after.empty()) xml.text("StartAfter", names(start_after));
  if (continuation_token) xml.text("ContinuationToken", *continuation_token);
  xml.optional("NextContinuationToken", next_continuation_token)
      .number("KeyCount", contents.size() + common_prefixes.size());
  write_list_tail(xml, names, *this);
  return std::move(xml).finish();
}

std::string ListMultipartUploadsResult::render() const {
  ListedName names(url_encoding);
  XmlWriter xml("ListMultipartUploadsResult");
  xml.text("Bucket", bucket).text("KeyMarker", names(key_marker)).text("UploadIdMarker", upload_id_marker);
  if (!next_key_marker.empty()) xml.text("NextKeyMarker", names(next_key_marker));
  xml.optional("NextUploadIdMarker", next_upload_id_marker).text("Prefix", names(prefix));
  if (!delimiter.empty()) xml.text("Delimiter", names(delimiter));
  if (url_encoding) xml.text("EncodingType", "url");
  xml.number("MaxUploads", max_uploads).boolean("IsTruncated", truncated);
  for (const UploadEntry& u : uploads) {
    xml.open("Upload").text("Key", names(u.key)).text("UploadId", u.upload_id);
    write_owner(xml, "Initiator", u.initiator);
    write_owner(xml, "Owner", u.owner);
    xml.text("StorageClass", u.storage_class).text("Initiated", iso8601_ms(u.initiated));
    if (u.checksum)
      xml.text("ChecksumAlgorithm", checksum_name(u.checksum->algorithm))
          .text("ChecksumType", checksum_type_name(u.checksum->type));
    xml.close("Upload");
  }
  write_prefixes(xml, names, common_prefixes);
  return std::move(xml).finish();
}

std::string ListPartsResult::render() const {
  XmlWriter xml("ListPartsResult");
  xml.text("Bucket", bucket).text("Key", key).text("UploadId", upload_id);
  write_owner(xml, "Initiator", initiator);
  write_owner(xml, "Owner", owner);
  xml.text("StorageClass", storage_class)
      .number("PartNumberMarker", part_number_marker)
      .number("NextPartNumberMarker", next_part_number_marker)
      .number("MaxParts", max_parts)
      .boolean("IsTruncated", truncated);
  if (checksum)
    xml.text("ChecksumAlgorithm", checksum_name(checksum->algorithm))
        .text("ChecksumType", checksum_type_name(checksum->type));
  for (const PartEntry& p : parts) {
    xml.open("Part")
        .number("PartNumber", p.number)
        .text("LastModified", iso8601_ms(p.last_modified))
        .text("ETag", quote_etag(p.etag))
        .number("Size", p.size);
    write_checksum(xml, p.checksum, false);
    xml.close("Part");
  }
  return std::move(xml).finish();
}

std::string InitiateMultipartUploadResult::render() const {
  XmlWriter xml("InitiateMultipartUploadResult");
  xml.text("Bucket", bucket).text("Key", key).text("UploadId", upload_id);
  return std::move(xml).finish();
}

std::string CompleteMultipartUploadResult::render() const {
  XmlWriter xml("CompleteMultipartUploadResult");
  xml.text("Location", location).text("Bucket", bucket).text("Key", key).text("ETag", quote_etag(etag));
  write_checksum(xml, checksum, true);
  return std::move(xml).finish();
}

std::string CopyResult::render_object() const {
  XmlWriter xml("CopyObjectResult");
  xml.text("ETag", quote_etag(etag)).text("LastModified", iso8601_ms(last_modified));
  write_checksum(xml, checksum, true);
  return std::move(xml).finish();
}

std::string CopyResult::render_part() const {
  XmlWriter xml("CopyPartResult");
  xml.text("ETag", quote_etag(etag)).text("LastModified", iso8601_ms(last_modified));
  write_checksum(xml, checksum, false);
  return std::move(xml).finish();
}

std::string DeleteResult::render() const {
  XmlWriter xml("DeleteResult");
  for (const DeletedEntry& d : deleted) {
    xml.open("Deleted").text("Key", d.key).optional("VersionId", d.version_id);
    if (d.delete_marker) xml.boolean("DeleteMarker", true);
    xml.optional("DeleteMarkerVersionId", d.delete_marker_version_id).close("Deleted");
  }
  for (const DeleteErrorEntry& e : errors)
    xml.open("Error")
        .text("Key", e.key)
        .optional("VersionId", e.version_id)
        .text("Code", s3_error(e.error.code).code)
        .text("Message", error_message(e.error))
        .close("Error");
  return std::move(xml).finish();
}

std::string render_location(std::string_view region) {
  XmlWriter xml("LocationConstraint");
  if (region != "us-east-1") xml.characters(region);
  return std::move(xml).finish();
}

std::string render_empty(std::string_view root) { return XmlWriter(root).finish(); }

}  // namespace cairn::s3wire
