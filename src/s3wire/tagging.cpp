#include "cairn/s3wire/tagging.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "cairn/s3wire/uri.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/tag_characters.hpp"
#include "s3wire/tag_xml.hpp"

namespace cairn::s3wire {
namespace {

std::unexpected<Error> bad_header() {
  return fail(Code::invalid_argument,
              "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
              "without tag name duplicates.");
}

// The code point that begins the text, which is valid UTF-8, and is removed from it.
char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  const char32_t first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t c = size == 1 ? first : first & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) c = (c << 6) | (byte(i) & 0x3F);
  text.remove_prefix(size);
  return c;
}

bool valid_text(std::string_view text, std::size_t max_units) {
  if (text.size() > max_units * 3 || !valid_utf8(text)) return false;  // a unit has at most three bytes
  std::size_t units = 0;
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (!valid_tag_character(c)) return false;
    units += c > 0xFFFF ? 2 : 1;
  }
  return units <= max_units;
}

Result<std::string> decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  auto decoded = percent_decode(spaced);
  if (!decoded || !valid_utf8(*decoded)) return bad_header();
  return decoded;
}

}  // namespace

Status check_tags(const TagSet& tags, TagTarget target) {
  std::set<std::string_view> keys;
  for (const Tag& tag : tags) {
    if (tag.key.empty() || !valid_text(tag.key, kMaxTagKey))
      return fail(Code::invalid_tag, "The TagKey you have provided is invalid");
    if (!valid_text(tag.value, kMaxTagValue))
      return fail(Code::invalid_tag, "The TagValue you have provided is invalid");
    if (starts_with_nocase(tag.key, "aws:"))
      return fail(Code::invalid_tag, "System tags cannot be added/updated by requester");
    if (!keys.insert(tag.key).second)
      return fail(Code::invalid_tag, "Cannot provide multiple Tags with the same key");
  }
  if (target == TagTarget::object && tags.size() > kMaxObjectTags)
    return fail(Code::invalid_tag, "Object tags cannot be greater than 10");
  if (tags.size() > kMaxBucketTags)
    return fail(Code::bad_request, "Bucket tag count cannot be greater than 50");
  return {};
}

Result<TagSet> parse_tag_list(pugi::xml_node list) {
  TRY(const auto elements, child_elements(list));
  TagSet tags;
  for (const pugi::xml_node n : elements) {
    if (std::string_view(n.name()) != "Tag") return malformed_xml();
    std::optional<std::string> key;
    std::optional<std::string> value;
    TRY(read_fields(n, {{.name = "Key", .text = &key}, {.name = "Value", .text = &value}}));
    if (!key || !value) return malformed_xml();
    tags.push_back({std::move(*key), std::move(*value)});
  }
  return tags;
}

void write_tag_list(XmlWriter& xml, std::string_view element, const TagSet& tags) {
  xml.open(element);
  for (const Tag& tag : tags) xml.open("Tag").text("Key", tag.key).text("Value", tag.value).close("Tag");
  xml.close(element);
}

Result<TagSet> parse_tagging(std::string_view xml, TagTarget target) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxTaggingBody));
  TRY(const pugi::xml_node root, doc.root("Tagging"));
  pugi::xml_node list;
  TRY(read_fields(root, {{.name = "TagSet", .node = &list}}));
  if (!list) return malformed_xml();
  TRY(TagSet tags, parse_tag_list(list));
  TRY(check_tags(tags, target));
  return tags;
}

std::string render_tagging(const TagSet& tags) {
  XmlWriter xml("Tagging");
  write_tag_list(xml, "TagSet", tags);
  return std::move(xml).finish();
}

Result<TagSet> parse_tagging_header(std::string_view header) {
  if (header.size() > kMaxTaggingHeader) return bad_header();
  TagSet tags;
  std::set<std::string> keys;
  while (!header.empty()) {
    std::string_view item = cut(header, '&');
    if (item.empty()) continue;
    TRY(std::string key, decode(cut(item, '=')));
    TRY(std::string value, decode(item));
    if (key.empty() || !keys.insert(key).second) return bad_header();
    tags.push_back({std::move(key), std::move(value)});
  }
  TRY(check_tags(tags, TagTarget::object));
  return tags;
}

std::string render_tagging_header(const TagSet& tags) {
  std::string out;
  for (const Tag& tag : tags) {
    if (!out.empty()) out += '&';
    append_uri_encoded(out, tag.key, Slash::encode);
    out += '=';
    append_uri_encoded(out, tag.value, Slash::encode);
  }
  return out;
}

}  // namespace cairn::s3wire
