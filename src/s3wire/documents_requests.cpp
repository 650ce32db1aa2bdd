#include "cairn/s3wire/bucket_settings.hpp"
#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/xml_parse.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kChecksumPrefix = "Checksum";

Status take_part_checksum(CompletedPart& part, pugi::xml_node element) {
  TRY(const ChecksumAlgorithm algorithm,
      parse_checksum_algorithm(std::string_view(element.name()).substr(kChecksumPrefix.size())));
  if (part.checksum) return malformed_xml();
  TRY(const std::string text, leaf(element));
  TRY(part.checksum, parse_checksum_value(algorithm, trim(text)));
  if (part.checksum->type == ChecksumType::composite) return malformed_xml();
  return {};
}

Result<CompletedPart> parse_part(pugi::xml_node element) {
  CompletedPart part;
  bool has_etag = false;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    if (name == "PartNumber" && part.number == 0) {
      TRY(const std::uint64_t number, leaf_number(n));
      if (number < 1 || number > kMaxParts) return malformed_xml();
      part.number = static_cast<std::uint32_t>(number);
    } else if (name == "ETag" && !has_etag) {
      TRY(std::string etag, leaf(n));
      part.etag = unquote_etag(std::string(trim(etag)));
      has_etag = true;
    } else if (name.starts_with(kChecksumPrefix)) {
      TRY(take_part_checksum(part, n));
    } else {
      return malformed_xml();
    }
  }
  if (part.number == 0 || !has_etag) return malformed_xml();
  return part;
}

Result<DeleteTarget> parse_target(pugi::xml_node element) {
  DeleteTarget target;
  bool has_key = false;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    TRY(std::string text, leaf(n));
    if (name == "Key" && !has_key) {
      target.key = std::move(text);
      has_key = true;
    } else if (name == "VersionId" && target.version_id.empty()) {
      target.version_id = std::move(text);
    } else if (name == "ETag" && !target.etag) {
      target.etag = unquote_etag(std::move(text));
    } else if (name == "LastModifiedTime" && !target.last_modified) {
      target.last_modified = parse_http_date(text);
      if (!target.last_modified) target.last_modified = parse_iso8601(text);
      if (!target.last_modified) return malformed_xml();
    } else if (name == "Size" && !target.size) {
      target.size = parse_decimal(trim(text));
      if (!target.size) return malformed_xml();
    } else {
      return malformed_xml();
    }
  }
  if (target.key.empty()) return malformed_xml();
  return target;
}

}  // namespace

Result<std::vector<CompletedPart>> parse_complete_multipart_upload(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxCompleteBody));
  TRY(const pugi::xml_node root, doc.root("CompleteMultipartUpload"));
  std::vector<CompletedPart> parts;
  for (const pugi::xml_node n : root.children()) {
    if (std::string_view(n.name()) != "Part" || parts.size() == kMaxParts) return malformed_xml();
    TRY(auto part, parse_part(n));
    if (!parts.empty() && part.number < parts.back().number) return fail(Code::invalid_part_order);
    if (!parts.empty() && part.number == parts.back().number)
      parts.back() = std::move(part);
    else
      parts.push_back(std::move(part));
  }
  if (parts.empty()) return malformed_xml();
  return parts;
}

Result<DeleteRequest> parse_delete(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxDeleteBody));
  TRY(const pugi::xml_node root, doc.root("Delete"));
  DeleteRequest out;
  for (const pugi::xml_node n : root.children()) {
    const std::string_view name = n.name();
    if (name == "Quiet") {
      TRY(out.quiet, leaf_bool(n));
    } else if (name == "Object" && out.objects.size() < kMaxDeletes) {
      TRY(auto target, parse_target(n));
      out.objects.push_back(std::move(target));
    } else {
      return malformed_xml();
    }
  }
  if (out.objects.empty()) return malformed_xml();
  return out;
}

std::string render_complete_multipart_upload(const std::vector<CompletedPart>& parts) {
  XmlWriter xml("CompleteMultipartUpload");
  for (const CompletedPart& p : parts) {
    xml.open("Part").text("ETag", quote_etag(p.etag));
    if (p.checksum) xml.text(checksum_element(p.checksum->algorithm), p.checksum->text());
    xml.number("PartNumber", p.number).close("Part");
  }
  return std::move(xml).finish();
}

std::string render_delete(const DeleteRequest& request) {
  XmlWriter xml("Delete");
  for (const DeleteTarget& t : request.objects) {
    xml.open("Object").text("Key", t.key).optional("VersionId", t.version_id);
    if (t.etag) xml.text("ETag", quote_etag(*t.etag));
    if (t.last_modified) xml.text("LastModifiedTime", http_date(*t.last_modified));
    if (t.size) xml.number("Size", *t.size);
    xml.close("Object");
  }
  if (request.quiet) xml.boolean("Quiet", true);
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
