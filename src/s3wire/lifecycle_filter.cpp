#include <algorithm>

#include "s3wire/ascii.hpp"
#include "s3wire/lifecycle_document.hpp"
#include "s3wire/xml_parse.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::size_t kMaxPrefix = 1024;  // bytes, as a key
constexpr std::size_t kMaxTagKey = 128, kMaxTagValue = 256;
constexpr std::uint64_t kMaxObjectSize = 1'099'511'627'776'000;

Status take_prefix(LifecycleFilter& filter, pugi::xml_node element) {
  if (filter.prefix) return malformed_xml();
  TRY(filter.prefix, leaf(element));
  if (filter.prefix->size() > kMaxPrefix)
    return fail(Code::invalid_request, "The maximum size of a prefix is 1024.");
  return {};
}

Status take_tag(LifecycleFilter& filter, pugi::xml_node element) {
  std::optional<std::string> key, value;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    std::optional<std::string>* slot = name == "Key" ? &key : name == "Value" ? &value : nullptr;
    if (!slot || *slot) return malformed_xml();
    TRY(*slot, leaf(n));
  }
  if (!key || !value) return malformed_xml();
  if (key->empty() || utf8_length(*key) > kMaxTagKey)
    return fail(Code::invalid_tag, "The TagKey you have provided is invalid");
  if (utf8_length(*value) > kMaxTagValue)
    return fail(Code::invalid_tag, "The TagValue you have provided is invalid");
  if (std::ranges::find(filter.tags, *key, &LifecycleTag::key) != filter.tags.end())
    return fail(Code::invalid_request, "Duplicate Tag Keys are not allowed.");
  filter.tags.push_back({std::move(*key), std::move(*value)});
  return {};
}

Status take_size(std::optional<std::uint64_t>& size, pugi::xml_node element, std::uint64_t least) {
  if (size) return malformed_xml();
  TRY(size, leaf_number(element));
  if (*size < least || *size > kMaxObjectSize)
    return fail(Code::invalid_request, "'" + std::string(element.name()) + "' should be between " +
                                           std::to_string(least) + " and " + std::to_string(kMaxObjectSize) +
                                           ".");
  return {};
}

Status take_part(LifecycleFilter& filter, pugi::xml_node n) {
  const std::string_view name = n.name();
  if (name == "Prefix") return take_prefix(filter, n);
  if (name == "Tag") return take_tag(filter, n);
  if (name == "ObjectSizeGreaterThan") return take_size(filter.larger_than, n, 0);
  if (name == "ObjectSizeLessThan") return take_size(filter.smaller_than, n, 1);
  return malformed_xml();
}

Status take_all_of(LifecycleFilter& filter, pugi::xml_node element) {
  filter.form = LifecycleFilter::Form::all_of;
  std::size_t parts = 0;
  for (const pugi::xml_node n : element.children()) {
    TRY(take_part(filter, n));
    ++parts;
  }
  if (parts == 0) return malformed_xml();
  if (filter.larger_than && filter.smaller_than && *filter.smaller_than <= *filter.larger_than)
    return fail(Code::invalid_request,
                "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
  return {};
}

void render_tag(XmlWriter& xml, const LifecycleTag& tag) {
  xml.open("Tag").text("Key", tag.key).text("Value", tag.value).close("Tag");
}

void render_parts(XmlWriter& xml, const LifecycleFilter& filter) {
  if (filter.prefix) xml.text("Prefix", *filter.prefix);
  for (const LifecycleTag& t : filter.tags) render_tag(xml, t);
  if (filter.larger_than) xml.number("ObjectSizeGreaterThan", *filter.larger_than);
  if (filter.smaller_than) xml.number("ObjectSizeLessThan", *filter.smaller_than);
}

void render_filter(XmlWriter& xml, const LifecycleFilter& filter) {
  using Form = LifecycleFilter::Form;
  if (filter.form == Form::legacy) return render_parts(xml, filter);
  xml.open("Filter");
  if (filter.form == Form::all_of) xml.open("And");
  render_parts(xml, filter);
  if (filter.form == Form::all_of) xml.close("And");
  xml.close("Filter");
}

}  // namespace

Status take_legacy_prefix(LifecycleFilter& filter, pugi::xml_node element) {
  filter.form = LifecycleFilter::Form::legacy;
  filter.prefix.reset();
  return take_prefix(filter, element);
}

Status take_filter(LifecycleFilter& filter, pugi::xml_node element) {
  std::size_t parts = 0;
  for (const pugi::xml_node n : element.children()) {
    if (++parts > 1) return malformed_xml();
    TRY(std::string_view(n.name()) == "And" ? take_all_of(filter, n) : take_part(filter, n));
  }
  return {};
}

void render_rule(XmlWriter& xml, const LifecycleRule& r) {
  xml.open("Rule").text("ID", r.id);
  render_filter(xml, r.filter);
  xml.text("Status", r.enabled ? "Enabled" : "Disabled");
  if (r.expiration_days || r.expiration_date || r.expired_delete_marker) {
    xml.open("Expiration");
    if (r.expiration_days) xml.number("Days", *r.expiration_days);
    if (r.expiration_date) xml.text("Date", iso8601_ms(*r.expiration_date));
    if (r.expired_delete_marker) xml.boolean("ExpiredObjectDeleteMarker", *r.expired_delete_marker);
    xml.close("Expiration");
  }
  if (r.noncurrent_days) {
    xml.open("NoncurrentVersionExpiration").number("NoncurrentDays", *r.noncurrent_days);
    if (r.newer_noncurrent_versions) xml.number("NewerNoncurrentVersions", *r.newer_noncurrent_versions);
    xml.close("NoncurrentVersionExpiration");
  }
  if (r.abort_upload_days)
    xml.open("AbortIncompleteMultipartUpload")
        .number("DaysAfterInitiation", *r.abort_upload_days)
        .close("AbortIncompleteMultipartUpload");
  xml.close("Rule");
}

}  // namespace cairn::s3wire
