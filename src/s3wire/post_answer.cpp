#include <algorithm>

#include "cairn/s3wire/post_object.hpp"
#include "cairn/s3wire/uri.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/xml_parse.hpp"

namespace cairn::s3wire {
namespace {

// An absolute URL with a host, and nothing in it that a header could not carry.
bool is_url(std::string_view text) {
  std::string_view rest;
  for (const std::string_view scheme : {"http://", "https://"})
    if (starts_with_nocase(text, scheme)) rest = text.substr(scheme.size());
  if (rest.empty() || rest.front() == '/' || rest.front() == '?' || rest.front() == '#') return false;
  for (const char c : text)
    if (c <= 0x20 || c >= 0x7f) return false;
  return true;
}

std::string redirect_to(std::string_view url, const PostedObject& object) {
  const std::size_t hash = std::min(url.find('#'), url.size());
  std::string out(url.substr(0, hash));
  out += out.find('?') == std::string::npos ? '?' : '&';
  out += "bucket=";
  append_uri_encoded(out, object.bucket, Slash::encode);
  out += "&key=";
  append_uri_encoded(out, object.key, Slash::encode);
  out += "&etag=";
  append_uri_encoded(out, quote_etag(object.etag), Slash::encode);
  return out.append(url.substr(hash));
}

}  // namespace

PostAnswer answer_post(const FormFields& fields, const PostedObject& object) {
  for (const std::string_view name : {"success_action_redirect", "redirect"})
    if (const std::string_view url = fields.get(name); is_url(url))
      return {303, redirect_to(url, object), {}};
  PostAnswer answer;
  answer.location = std::string(object.location);
  const std::string_view status = fields.get("success_action_status");
  if (status == "200") answer.status = 200;
  if (status != "201") return answer;
  answer.status = 201;
  XmlWriter xml("PostResponse", "");
  xml.text("Location", object.location).text("Bucket", object.bucket).text("Key", object.key);
  xml.text("ETag", quote_etag(object.etag));
  answer.body = std::move(xml).finish();
  return answer;
}

}  // namespace cairn::s3wire
