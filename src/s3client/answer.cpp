#include "s3client/answer.hpp"

#include <fmt/format.h>

#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/headers.hpp"

namespace cairn::s3client {
namespace {

std::string unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

std::string_view ObjectInfo::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_name) return value;
  return {};
}

ObjectInfo read_object_info(const http::ClientResponse& response) {
  ObjectInfo info;
  info.size = response.content_length.value_or(0);
  for (const http::Field& f : response.fields) info.headers.emplace_back(lower(f.name), f.value);
  info.etag = unquoted(info.header("etag"));
  info.version_id = info.header("x-amz-version-id");
  info.content_type = info.header("content-type");
  info.last_modified = s3wire::parse_http_date(info.header("last-modified")).value_or(0);
  return info;
}

Error read_error(int status, std::string_view body) {
  if (const auto document = s3wire::parse_error(body); document && !document->code.empty()) {
    return Error(s3wire::code_of(document->code, status),
                 fmt::format("{}: {}", document->code, document->message));
  }
  const Code code = s3wire::code_of("", status);
  return Error(code, fmt::format("{}: HTTP status {}", s3wire::s3_error(code).code, status));
}

}  // namespace cairn::s3client
