#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/uri.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/xml_parse.hpp"

// Answers of other servers, read leniently: what is not known is left out, what is not there stays empty.
namespace cairn::s3wire {
namespace {

constexpr std::size_t kMaxAnswer = 64u << 20;

std::optional<ChecksumValue> read_checksum(pugi::xml_node element) {
  for (const auto a : {ChecksumAlgorithm::crc32, ChecksumAlgorithm::crc32c, ChecksumAlgorithm::crc64nvme,
                       ChecksumAlgorithm::sha1, ChecksumAlgorithm::sha256}) {
    const std::string text = child_text(element, std::string(checksum_element(a)).c_str());
    if (text.empty()) continue;
    if (auto value = parse_checksum_value(a, text)) return std::move(*value);
  }
  return std::nullopt;
}

Owner read_owner(pugi::xml_node element) {
  return {child_text(element, "ID"), child_text(element, "DisplayName")};
}

std::uint64_t read_number(pugi::xml_node element, const char* name) {
  return parse_decimal(child_text(element, name)).value_or(0);
}

UnixMillis read_time(pugi::xml_node element, const char* name) {
  return parse_iso8601(child_text(element, name)).value_or(0);
}

Result<std::string> read_name(pugi::xml_node element, const char* name, bool url) {
  std::string text = child_text(element, name);
  if (!url) return text;
  for (char& c : text)  // Amazon writes a space as '+', and a plus as %2B
    if (c == '+') c = ' ';
  return percent_decode(text);
}

}  // namespace

Result<ClientError> parse_error(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root("Error"));
  return ClientError{child_text(root, "Code"), child_text(root, "Message"), child_text(root, "Region"),
                     child_text(root, "RequestId")};
}

Result<ListObjectsV2Result> parse_list_objects_v2(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxAnswer));
  TRY(const pugi::xml_node root, doc.root("ListBucketResult"));
  ListObjectsV2Result out;
  out.url_encoding = child_text(root, "EncodingType") == "url";
  out.bucket = child_text(root, "Name");
  TRY(out.prefix, read_name(root, "Prefix", out.url_encoding));
  TRY(out.delimiter, read_name(root, "Delimiter", out.url_encoding));
  TRY(out.start_after, read_name(root, "StartAfter", out.url_encoding));
  out.max_keys = static_cast<std::uint32_t>(read_number(root, "MaxKeys"));
  out.truncated = child_text(root, "IsTruncated") == "true";
  if (root.child("ContinuationToken")) out.continuation_token = child_text(root, "ContinuationToken");
  out.next_continuation_token = child_text(root, "NextContinuationToken");
  for (const pugi::xml_node n : root.children("Contents")) {
    ObjectEntry o;
    TRY(o.key, read_name(n, "Key", out.url_encoding));
    o.last_modified = read_time(n, "LastModified");
    o.etag = unquote_etag(child_text(n, "ETag"));
    o.size = read_number(n, "Size");
    o.storage_class = child_text(n, "StorageClass");
    if (n.child("Owner")) o.owner = read_owner(n.child("Owner"));
    if (auto a = parse_checksum_algorithm(child_text(n, "ChecksumAlgorithm"))) o.checksum_algorithm = *a;
    if (child_text(n, "ChecksumType") == "COMPOSITE") o.checksum_type = ChecksumType::composite;
    out.contents.push_back(std::move(o));
  }
  for (const pugi::xml_node n : root.children("CommonPrefixes")) {
    TRY(std::string prefix, read_name(n, "Prefix", out.url_encoding));
    out.common_prefixes.push_back(std::move(prefix));
  }
  return out;
}

Result<InitiateMultipartUploadResult> parse_initiate_multipart_upload(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root("InitiateMultipartUploadResult"));
  InitiateMultipartUploadResult out{child_text(root, "Bucket"), child_text(root, "Key"),
                                    child_text(root, "UploadId")};
  if (out.upload_id.empty()) return malformed_xml();
  return out;
}

Result<CompleteMultipartUploadResult> parse_complete_result(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  const pugi::xml_node root = doc.root();
  if (std::string_view(root.name()) == "Error")
    return fail(code_of(child_text(root, "Code"), 500), child_text(root, "Message"));
  if (std::string_view(root.name()) != "CompleteMultipartUploadResult") return malformed_xml();
  return CompleteMultipartUploadResult{child_text(root, "Location"), child_text(root, "Bucket"),
                                       child_text(root, "Key"), unquote_etag(child_text(root, "ETag")),
                                       read_checksum(root)};
}

Result<CopyResult> parse_copy_result(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  const pugi::xml_node root = doc.root();
  const std::string_view name = root.name();
  if (name == "Error") return fail(code_of(child_text(root, "Code"), 500), child_text(root, "Message"));
  if (name != "CopyObjectResult" && name != "CopyPartResult") return malformed_xml();
  return CopyResult{unquote_etag(child_text(root, "ETag")), read_time(root, "LastModified"),
                    read_checksum(root)};
}

Result<DeleteResult> parse_delete_result(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxAnswer));
  TRY(const pugi::xml_node root, doc.root("DeleteResult"));
  DeleteResult out;
  for (const pugi::xml_node n : root.children("Deleted"))
    out.deleted.push_back({child_text(n, "Key"), child_text(n, "VersionId"),
                           child_text(n, "DeleteMarker") == "true", child_text(n, "DeleteMarkerVersionId")});
  for (const pugi::xml_node n : root.children("Error"))
    out.errors.push_back({child_text(n, "Key"), child_text(n, "VersionId"),
                          Error(code_of(child_text(n, "Code"), 500), child_text(n, "Message"))});
  return out;
}

Result<ListBucketsResult> parse_list_buckets(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxAnswer));
  TRY(const pugi::xml_node root, doc.root("ListAllMyBucketsResult"));
  ListBucketsResult out;
  out.owner = read_owner(root.child("Owner"));
  out.prefix = child_text(root, "Prefix");
  out.continuation_token = child_text(root, "ContinuationToken");
  for (const pugi::xml_node n : root.child("Buckets").children("Bucket"))
    out.buckets.push_back(
        {child_text(n, "Name"), read_time(n, "CreationDate"), child_text(n, "BucketRegion")});
  return out;
}

}  // namespace cairn::s3wire
