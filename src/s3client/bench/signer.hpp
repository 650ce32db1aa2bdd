#pragma once
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "cairn/base/clock.hpp"
#include "cairn/http/fields.hpp"
#include "cairn/s3wire/sigv4.hpp"

namespace cairn::s3client::bench {

// Signature V4 for requests that have no headers of their own: the same result as s3wire::sign_request, in
// one hash and one HMAC without an allocation, as dates, scope and key are kept from one request to the next.
// Not thread-safe.
class RequestSigner {
 public:
  RequestSigner(s3wire::Credentials credentials, std::string region, std::string host);
  // `path` encoded, `query` encoded and sorted. The fields are valid until the next call.
  std::span<const http::Field> sign(std::string_view method, std::string_view path, std::string_view query,
                                    std::string_view content_sha256, UnixMillis now);

 private:
  void set_time(UnixMillis now);
  s3wire::Credentials credentials_;
  std::string region_, host_;
  std::string_view signed_headers_;
  std::int64_t second_ = -1;
  std::string date_;  // of the scope, for which key_ is
  s3wire::SigningKey key_{};
  std::string amz_date_, scope_, authorization_, canonical_, to_sign_;
  std::array<http::Field, 5> fields_;
};

}  // namespace cairn::s3client::bench
