#include "s3wire/sigv4_canonical.hpp"

#include <algorithm>
#include <vector>

#include "cairn/crypto/digest.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire::sigv4 {
namespace {

// A header value without outer white space, inner runs of it as one space.
void append_trimmed(std::string& out, std::string_view value) {
  value = trim(value);
  if (value.find("  ") == std::string_view::npos && value.find('\t') == std::string_view::npos) {
    out.append(value);
    return;
  }
  bool gap = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      gap = true;
      continue;
    }
    if (gap) out.push_back(' ');
    gap = false;
    out.push_back(c);
  }
}

void append_header(std::string& out, const HttpRequestView& request, std::string_view name) {
  out.append(name);
  out.push_back(':');
  bool first = true;
  for (const HeaderField& h : request.headers) {
    if (!iequals(h.name, name)) continue;
    if (!first) out.push_back(',');
    first = false;
    append_trimmed(out, h.value);
  }
  out.push_back('\n');
}

}  // namespace

HexDigest hex(const Sha256& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  HexDigest out;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    out[2 * i] = kDigits[digest[i] >> 4];
    out[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return out;
}

void append_canonical_path(std::string& out, std::string_view raw) {
  if (raw.empty()) out.push_back('/');
  while (!raw.empty()) {
    const std::size_t plain = std::min(raw.find('%'), raw.size());
    append_uri_encoded(out, raw.substr(0, plain), Slash::keep);
    raw.remove_prefix(plain);
    if (raw.empty()) return;
    char c = '%';  // one that begins no escape stands for itself
    std::size_t used = 1;
    if (raw.size() >= 3 && hex_value(raw[1]) >= 0 && hex_value(raw[2]) >= 0) {
      c = static_cast<char>(hex_value(raw[1]) * 16 + hex_value(raw[2]));
      used = 3;
    }
    append_uri_encoded(out, {&c, 1}, Slash::keep);
    raw.remove_prefix(used);
  }
}

void append_canonical_query(std::string& out, const Query& query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(query.params().size());
  for (const QueryParam& p : query.params())
    if (p.name != "X-Amz-Signature")
      encoded.emplace_back(uri_encode(p.name, Slash::encode), uri_encode(p.value, Slash::encode));
  std::ranges::sort(encoded);
  bool first = true;
  for (const auto& [name, value] : encoded) {
    if (!first) out.push_back('&');
    first = false;
    out.append(name).push_back('=');
    out.append(value);
  }
}

void append_canonical_request(std::string& out, const CanonicalInput& in) {
  out.append(in.request.method).push_back('\n');
  if (in.verbatim_path) {
    out.append(in.request.raw_path);
  } else {
    append_canonical_path(out, in.request.raw_path);
  }
  out.push_back('\n');
  append_canonical_query(out, in.query);
  out.push_back('\n');
  for (std::string_view rest = in.signed_headers; !rest.empty();)
    append_header(out, in.request, cut(rest, ';'));
  out.push_back('\n');
  out.append(in.signed_headers).push_back('\n');
  out.append(in.payload_hash);
}

void append_string_to_sign(std::string& out, std::string_view amz_date, std::string_view scope,
                           std::string_view canonical_request) {
  out.append(kAlgorithm).push_back('\n');
  out.append(amz_date).push_back('\n');
  out.append(scope).push_back('\n');
  out.append(view(hex(crypto::sha256(canonical_request))));
}

HexDigest sign(const SigningKey& key, std::string_view string_to_sign) {
  return hex(crypto::hmac_sha256(crypto::raw_text(key), string_to_sign));
}

}  // namespace cairn::s3wire::sigv4
