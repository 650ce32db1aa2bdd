#include <algorithm>
#include <limits>

#include "cairn/s3wire/cors.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/xml_parse.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kRoot = "CORSConfiguration";

// Field names of RFC 9110 section 5.1: anything else would let a document write into the head of answers.
bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_digit(c) || is_lower_alpha(lower(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

Status check_wildcards(std::string_view element, std::string_view pattern) {
  if (std::ranges::count(pattern, '*') <= 1) return {};
  return fail(Code::invalid_request, std::string(element) + " \"" + std::string(pattern) +
                                         "\" can not have more than one wildcard.");
}

Status check_method(std::string_view method) {
  for (const std::string_view known : {"GET", "PUT", "POST", "DELETE", "HEAD"})
    if (method == known) return {};
  return fail(Code::invalid_request,
              "Found unsupported HTTP method in CORS config. Unsupported method is " + std::string(method));
}

Status check_exposed(std::string_view name) {
  if (name.find('*') != std::string_view::npos)
    return fail(Code::invalid_request,
                "ExposeHeader \"" + std::string(name) +
                    "\" contains wildcard. We currently do not support wildcard for ExposeHeader.");
  if (!is_token(name)) return fail(Code::invalid_request, "ExposeHeader must be the name of a header.");
  return {};
}

Status take_rule_element(CorsRule& rule, pugi::xml_node n) {
  const std::string_view name = n.name();
  TRY(std::string text, leaf(n));
  if (name == "ID" && rule.id.empty()) {
    if (utf8_length(text) > 255)
      return fail(Code::invalid_argument, "ID length should not exceed allowed limit of 255");
    rule.id = std::move(text);
  } else if (name == "AllowedHeader") {
    TRY(check_wildcards(name, text));
    rule.allowed_headers.push_back(std::move(text));
  } else if (name == "AllowedMethod") {
    TRY(check_method(text));
    rule.allowed_methods.push_back(std::move(text));
  } else if (name == "AllowedOrigin") {
    TRY(check_wildcards(name, text));
    rule.allowed_origins.push_back(std::move(text));
  } else if (name == "ExposeHeader") {
    TRY(check_exposed(text));
    rule.expose_headers.push_back(std::move(text));
  } else if (name == "MaxAgeSeconds" && !rule.max_age_seconds) {
    TRY(const std::uint64_t seconds, leaf_number(n));
    if (seconds > std::numeric_limits<std::int32_t>::max()) return malformed_xml();
    rule.max_age_seconds = static_cast<std::uint32_t>(seconds);
  } else {
    return malformed_xml();
  }
  return {};
}

void render_list(XmlWriter& xml, std::string_view element, const std::vector<std::string>& values) {
  for (const std::string& v : values) xml.text(element, v);
}

}  // namespace

Result<CorsConfiguration> parse_cors(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxCorsBody));
  TRY(const pugi::xml_node root, doc.root(kRoot));
  CorsConfiguration config;
  for (const pugi::xml_node n : root.children()) {
    if (std::string_view(n.name()) != "CORSRule") return malformed_xml();
    if (config.rules.size() == kMaxCorsRules)
      return fail(Code::invalid_request,
                  "The number of CORS rules should not exceed allowed limit of 100 rules.");
    CorsRule& rule = config.rules.emplace_back();
    for (const pugi::xml_node e : n.children()) TRY(take_rule_element(rule, e));
    if (rule.allowed_methods.empty() || rule.allowed_origins.empty()) return malformed_xml();
  }
  if (config.rules.empty()) return malformed_xml();
  return config;
}

std::string CorsConfiguration::render() const {
  XmlWriter xml(kRoot);
  for (const CorsRule& r : rules) {
    xml.open("CORSRule").optional("ID", r.id);
    render_list(xml, "AllowedHeader", r.allowed_headers);
    render_list(xml, "AllowedMethod", r.allowed_methods);
    render_list(xml, "AllowedOrigin", r.allowed_origins);
    render_list(xml, "ExposeHeader", r.expose_headers);
    if (r.max_age_seconds) xml.number("MaxAgeSeconds", *r.max_age_seconds);
    xml.close("CORSRule");
  }
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
