#include "cairn/s3wire/versions.hpp"

#include "cairn/s3wire/xml.hpp"

#include "s3wire/answer_parts.hpp"

namespace cairn::s3wire {

std::string ListVersionsResult::render() const {
  ListedName names(url_encoding);
  XmlWriter xml("ListVersionsResult");
  xml.reserve(512 + versions.size() * 400);
  xml.text("Name", bucket).text("Prefix", names(prefix)).text("KeyMarker", names(key_marker));
  xml.text("VersionIdMarker", version_id_marker);
  if (truncated) {
    xml.text("NextKeyMarker", names(next_key_marker));
    xml.optional("NextVersionIdMarker", next_version_id_marker);  // none where a common prefix came last
  }
  xml.number("MaxKeys", max_keys);
  if (!delimiter.empty()) xml.text("Delimiter", names(delimiter));
  if (url_encoding) xml.text("EncodingType", "url");
  xml.boolean("IsTruncated", truncated);
  std::string etag;
  ListedTime time;
  for (const VersionEntry& v : versions) {
    const std::string_view element = v.delete_marker ? "DeleteMarker" : "Version";
    xml.open(element).text("Key", names(v.key)).text("VersionId", v.version_id).boolean("IsLatest", v.latest);
    xml.text("LastModified", time(v.last_modified));
    if (!v.delete_marker) {
      etag.assign(1, '"').append(v.etag).push_back('"');
      xml.text("ETag", etag);
      if (v.checksum_algorithm)
        xml.text("ChecksumAlgorithm", checksum_name(*v.checksum_algorithm))
            .text("ChecksumType", checksum_type_name(v.checksum_type));
      xml.number("Size", v.size).text("StorageClass", v.storage_class);
    }
    if (v.owner) write_owner(xml, "Owner", *v.owner);
    xml.close(element);
  }
  write_prefixes(xml, names, common_prefixes);
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
