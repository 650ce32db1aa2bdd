#include "s3wire/xml_parse.hpp"

#include <algorithm>
#include <charconv>

#include "cairn/s3wire/uri.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

// One reference, without '&' and ';'.
bool good_reference(std::string_view name) {
  for (const std::string_view n : {"amp", "lt", "gt", "quot", "apos"})
    if (name == n) return true;
  if (!name.starts_with('#')) return false;
  name.remove_prefix(1);
  const bool hex = name.starts_with('x');
  if (hex) name.remove_prefix(1);
  std::uint32_t v = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), v, hex ? 16 : 10);
  return !name.empty() && error == std::errc{} && end == name.data() + name.size() && v != 0 &&
         v <= 0x10FFFF && !(v >= 0xD800 && v <= 0xDFFF);
}

bool good_references(std::string_view xml) {
  constexpr std::size_t kLongest = 10;
  while (true) {
    const std::size_t at = xml.find_first_of("&<");
    if (at == std::string_view::npos) return true;
    xml.remove_prefix(at);
    std::string_view skip_to;
    if (xml.starts_with("<![CDATA[")) skip_to = "]]>";
    if (xml.starts_with("<!--")) skip_to = "-->";
    if (!skip_to.empty()) {
      const std::size_t end = xml.find(skip_to);
      if (end == std::string_view::npos) return false;
      xml.remove_prefix(end);
      continue;
    }
    if (xml.front() == '&') {
      const std::size_t end = xml.substr(0, kLongest + 2).find(';');
      if (end == std::string_view::npos || !good_reference(xml.substr(1, end - 1))) return false;
    }
    xml.remove_prefix(1);
  }
}

}  // namespace

std::unexpected<Error> malformed_xml() { return fail(Code::malformed_xml); }

Result<XmlDocument> XmlDocument::parse(std::string_view xml, std::size_t max_size) {
  if (xml.size() > max_size || xml.find('\0') != std::string_view::npos || !valid_utf8(xml) ||
      !good_references(xml))
    return malformed_xml();
  XmlDocument out;
  out.doc_ = std::make_unique<pugi::xml_document>();
  // White space counts where it is all an element has: " " is a key.
  constexpr unsigned kFlags = pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_doctype;
  if (!out.doc_->load_buffer(xml.data(), xml.size(), kFlags, pugi::encoding_utf8)) return malformed_xml();
  std::size_t roots = 0;
  for (const pugi::xml_node n : out.doc_->children()) {
    if (n.type() == pugi::node_doctype) return malformed_xml();
    roots += n.type() == pugi::node_element;
  }
  if (roots != 1) return malformed_xml();
  return out;
}

Result<pugi::xml_node> XmlDocument::root(std::string_view name) const {
  const pugi::xml_node r = root();
  if (r.name() != name) return malformed_xml();
  return r;
}

Result<std::string> leaf(pugi::xml_node element) {
  std::string out;
  for (const pugi::xml_node n : element.children()) {
    if (n.type() != pugi::node_pcdata && n.type() != pugi::node_cdata) return malformed_xml();
    out += n.value();
  }
  return out;
}

Result<std::uint64_t> leaf_number(pugi::xml_node element) {
  TRY(const std::string text, leaf(element));
  const auto v = parse_decimal(trim(text));
  if (!v) return malformed_xml();
  return *v;
}

Result<bool> leaf_bool(pugi::xml_node element) {
  TRY(const std::string text, leaf(element));
  if (iequals(text, "true") || text == "1") return true;
  if (iequals(text, "false") || text == "0") return false;
  return malformed_xml();
}

std::string child_text(pugi::xml_node element, const char* name) {
  return leaf(element.child(name)).value_or(std::string{});
}

std::string unquote_etag(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

std::string quote_etag(std::string_view etag) {
  std::string out;
  out.reserve(etag.size() + 2);
  return out.append("\"").append(etag).append("\"");
}

}  // namespace cairn::s3wire
