#include "s3client/bench/signer.hpp"

#include <fmt/format.h>

#include "cairn/s3wire/checksums.hpp"
#include "cairn/s3wire/headers.hpp"

namespace cairn::s3client::bench {
namespace {

void append_hex(std::string& out, const std::array<std::uint8_t, 32>& raw) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const std::uint8_t b : raw) {
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
}

}  // namespace

RequestSigner::RequestSigner(s3wire::Credentials credentials, std::string region, std::string host)
    : credentials_(std::move(credentials)),
      region_(std::move(region)),
      host_(std::move(host)),
      signed_headers_(credentials_.session_token.empty()
                          ? "host;x-amz-content-sha256;x-amz-date"
                          : "host;x-amz-content-sha256;x-amz-date;x-amz-security-token") {}

void RequestSigner::set_time(UnixMillis now) {
  if (now / 1000 == second_) return;
  second_ = now / 1000;
  amz_date_ = s3wire::amz_date(now);
  if (date_ == std::string_view(amz_date_).substr(0, 8)) return;
  date_ = amz_date_.substr(0, 8);
  key_ = s3wire::derive_signing_key(credentials_.secret_key, date_, region_, "s3");
  scope_ = fmt::format("{}/{}/s3/aws4_request", date_, region_);
}

std::span<const http::Field> RequestSigner::sign(std::string_view method, std::string_view path,
                                                 std::string_view query, std::string_view content_sha256,
                                                 UnixMillis now) {
  set_time(now);
  canonical_.clear();
  canonical_.append(method).append("\n").append(path).append("\n").append(query).append("\nhost:").append(
      host_);
  canonical_.append("\nx-amz-content-sha256:")
      .append(content_sha256)
      .append("\nx-amz-date:")
      .append(amz_date_);
  if (!credentials_.session_token.empty())
    canonical_.append("\nx-amz-security-token:").append(credentials_.session_token);
  canonical_.append("\n\n").append(signed_headers_).append("\n").append(content_sha256);

  to_sign_.assign("AWS4-HMAC-SHA256\n").append(amz_date_).append("\n").append(scope_).append("\n");
  append_hex(to_sign_, crypto::sha256(canonical_));
  authorization_.assign("AWS4-HMAC-SHA256 Credential=")
      .append(credentials_.access_key)
      .append("/")
      .append(scope_);
  authorization_.append(",SignedHeaders=").append(signed_headers_).append(",Signature=");
  append_hex(authorization_, crypto::hmac_sha256(crypto::raw_text(key_), to_sign_));

  fields_ = {{{"Host", host_},
              {"x-amz-content-sha256", content_sha256},
              {"x-amz-date", amz_date_},
              {"Authorization", authorization_},
              {"x-amz-security-token", credentials_.session_token}}};
  return std::span(fields_).first(credentials_.session_token.empty() ? 4 : 5);
}

}  // namespace cairn::s3client::bench
