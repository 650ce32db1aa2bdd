#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/clock.hpp"
#include "cairn/base/result.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/uri.hpp"

// AWS Signature Version 4 as S3 speaks it (the path is encoded once and not normalised), for both sides, and
// Version 2 for the server's. Source: the S3 API reference, "Authenticating Requests (AWS Signature Version
// 4)" and "Signing and authenticating REST requests (AWS signature version 2)".
namespace cairn::s3wire {

using Sha256 = std::array<std::uint8_t, 32>;
using SigningKey = std::array<std::uint8_t, 32>;

// How the body is bound to the signature (x-amz-content-sha256).
enum class PayloadMode : std::uint8_t {
  hashed,                      // the hash of the body is signed; the reader of the body compares it
  unsigned_payload,            // UNSIGNED-PAYLOAD
  streaming_signed,            // STREAMING-AWS4-HMAC-SHA256-PAYLOAD
  streaming_signed_trailer,    // STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
  streaming_unsigned_trailer,  // STREAMING-UNSIGNED-PAYLOAD-TRAILER
};
inline bool is_aws_chunked(PayloadMode m) { return m >= PayloadMode::streaming_signed; }

// Signing keys by (access key, secret, date, region, service), the least recently used of a few given up:
// deriving one costs four HMACs. Thread-safe, bounded; of a secret it keeps a 64-bit hash only.
class SigningKeyCache {
 public:
  explicit SigningKeyCache(std::size_t capacity = 256);
  SigningKey get(std::string_view access_key, std::string_view secret, std::string_view date,
                 std::string_view region, std::string_view service);

 private:
  static constexpr std::size_t kWays = 4;
  struct Entry {
    std::uint64_t used = 0;
    std::uint64_t secret_hash = 0;
    std::string access_key, date, region, service;
    SigningKey key{};
  };
  std::mutex mutex_;
  std::uint64_t tick_ = 0;
  std::vector<Entry> entries_;
};

SigningKey derive_signing_key(std::string_view secret, std::string_view date, std::string_view region,
                              std::string_view service);

// The chain of chunk signatures of one aws-chunked body: each signs the one before it.
class ChunkSigner {
 public:
  ChunkSigner() = default;
  ChunkSigner(const SigningKey& key, std::string amz_date, std::string scope, std::string seed_signature)
      : key_(key),
        amz_date_(std::move(amz_date)),
        scope_(std::move(scope)),
        previous_(std::move(seed_signature)) {}
  // The signature (64 lower-case hex digits) of the next chunk, whose data has this hash; it becomes the
  // previous one.
  std::string next_chunk(const Sha256& data_hash);
  // The signature of the trailer; `trailer_hash` is over "name:value\n" of each trailing header.
  std::string trailer(const Sha256& trailer_hash);

 private:
  std::string sign(std::string_view algorithm, std::string_view hash_lines);
  SigningKey key_{};
  std::string amz_date_;
  std::string scope_;
  std::string previous_;
};

// ---- The server's side ----

struct AuthConfig {
  std::string region = "us-east-1";  // empty: any
  std::string service = "s3";        // or "sts", whose callers set canonical_hash to the hash of the body
  UnixMillis max_skew_ms = 15 * 60 * 1000;
  bool accept_v2 = true;  // for the service "s3" only
};

enum class AuthType : std::uint8_t { anonymous, header, presigned, form };
// V2 is HMAC-SHA1 and covers neither the body nor every parameter, but old clients still make links with it.
enum class SignatureVersion : std::uint8_t { v4, v2 };

using AuthFailure = Refusal;
template <class T>
using AuthResult = std::expected<T, AuthFailure>;

// What a request claims, before its secret is known. Views point into the request and the query.
struct AuthClaim {
  AuthType type = AuthType::anonymous;
  SignatureVersion version = SignatureVersion::v4;  // with v2 all that names a scope or a header is empty
  std::string_view access_key;
  std::string_view date;  // YYYYMMDD
  std::string_view region;
  std::string_view service;
  std::string_view scope;           // date/region/service/aws4_request
  std::array<char, 16> amz_date{};  // YYYYMMDDTHHMMSSZ
  std::string_view signature;       // 64 hex digits; with v2 base64
  std::string_view signed_headers;  // "host;x-amz-date"
  std::string_view security_token;  // X-Amz-Security-Token; empty without one
  std::string_view canonical_hash;  // the last line of the canonical request
  PayloadMode payload = PayloadMode::unsigned_payload;
  std::optional<Sha256> payload_hash;  // with PayloadMode::hashed
  UnixMillis signed_at = 0;
  // The bucket if the Host names it: V2 signs it, so that the caller sets it before verify_signature.
  std::string_view virtual_bucket;
};

// Reads and checks all that needs no secret: form, region, service, time, expiry, which headers are signed. A
// request without a signature is anonymous and no error. Failures: access_denied,
// authorization_header_malformed, authorization_query_parameters_error, request_time_too_skewed,
// invalid_request (V2 where it is not accepted), invalid_argument, not_implemented (V4A, unknown streaming
// form).
AuthResult<AuthClaim> parse_auth(const HttpRequestView& request, const Query& query, const AuthConfig& config,
                                 UnixMillis now);

// Compares the signature, in constant time. `claim` must come from parse_auth of the same request and not be
// anonymous. For a key that is not known call it with unknown_access_key() as the answer instead. The
// ChunkSigner continues an aws-chunked body. Failure: signature_does_not_match.
AuthResult<ChunkSigner> verify_signature(const HttpRequestView& request, const Query& query,
                                         const AuthClaim& claim, std::string_view secret,
                                         SigningKeyCache& cache);

AuthFailure unknown_access_key(const AuthClaim& claim);

// ---- Our client's side ----

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty for long-term keys
};

// A request being made. path is encoded (uri_encode with Slash::keep), query likewise ("a=b&c="); headers
// must hold "host" already; sign_request adds x-amz-date, x-amz-content-sha256, x-amz-security-token and
// authorization.
struct OutgoingRequest {
  std::string method;
  std::string path;
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct SigningScope {
  std::string region = "us-east-1";
  std::string service = "s3";
};

// `content_sha256` is what x-amz-content-sha256 says: hex, or one of the constants below. Gives the signer of
// the body's chunks for the streaming forms.
ChunkSigner sign_request(OutgoingRequest& request, const Credentials& credentials, const SigningScope& scope,
                         UnixMillis now, std::string_view content_sha256, SigningKeyCache& cache);

// Adds the X-Amz-* parameters to request.query, so that path + "?" + query is the presigned URL. Signs every
// header given.
void presign(OutgoingRequest& request, const Credentials& credentials, const SigningScope& scope,
             UnixMillis now, std::uint32_t expires_seconds, SigningKeyCache& cache);

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kStreamingSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view kStreamingSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
inline constexpr std::string_view kStreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
inline constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace cairn::s3wire
