#pragma once
#include <cstdint>
#include <expected>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/base/result.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/form.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/sigv4.hpp"

// POST Object: what the fields of an upload form mean. All of it takes the fields with ${filename} expanded.
// Source: the S3 API reference, "POST Object", "POST Policy" and "Creating an HTML Form"; for Signature V2
// the developer guide, "HTML forms (AWS Signature Version 2)".
namespace cairn::s3wire {

// ---- Who signed the form ----

// Reads what the form claims: a policy signed with V4 (x-amz-algorithm, -credential, -date, -signature) or V2
// (AWSAccessKeyId, signature). A form without a policy and a signature is anonymous. Failures:
// invalid_argument for a field that is missing, access_denied for a policy that nobody signed, and those of
// parse_auth. Views point into the fields.
AuthResult<AuthClaim> parse_post_auth(const FormFields& fields, const AuthConfig& config);

// Compares the signature over the policy, in constant time. `claim` must come from parse_post_auth of the
// same fields and not be anonymous. Failure: signature_does_not_match.
AuthResult<void> verify_post_signature(const FormFields& fields, const AuthClaim& claim,
                                       std::string_view secret, SigningKeyCache& cache);

// ---- What the policy allows ----

struct PostCondition {
  enum class Kind : std::uint8_t {
    equals,
    starts_with,
    never,  // well-formed, but nothing meets it: ["eq", "key", "a"] has no '$'
  };
  Kind kind = Kind::equals;
  std::string field;  // lower case, without '$'
  std::string value;
  std::string text;  // as an error message shows it
};

struct PostPolicy {
  UnixMillis expiration = 0;
  std::vector<PostCondition> conditions;
  // content-length-range, of the file; where there are several, what all allow.
  std::uint64_t min_size = 0;
  std::uint64_t max_size = std::numeric_limits<std::uint64_t>::max();
};

// The policy field: base64 of JSON. invalid_policy_document. As in Amazon's own examples, \$ and \v are
// escapes and a comma may stand before a closing bracket. Check the signature first.
Result<PostPolicy> parse_post_policy(std::string_view base64);

// Whether the form is what the policy allows, but for the size of the file. Every field must be named by a
// condition, but for the policy, the signature, the file and x-ignore-*; the bucket counts as a field.
// access_denied.
std::expected<void, Refusal> check_post_policy(const PostPolicy& policy, std::string_view bucket,
                                               const FormFields& fields, UnixMillis now);
// Whether the whole file's size is allowed: entity_too_large, entity_too_small. To stop early compare what
// came with max_size.
std::expected<void, Refusal> check_post_size(const PostPolicy& policy, std::uint64_t size);

// ---- What to store ----

// The key: invalid_argument where it is missing or empty, and what valid_key says.
std::expected<std::string, Refusal> post_key(const FormFields& fields);

// The fields that stand for headers of a PUT, `acl` as x-amz-acl; for parse_object_headers and the like. The
// field `tagging` is an XML document and not among them. Views into the fields.
std::vector<HeaderField> post_headers(const FormFields& fields);

// ---- The answer ----

struct PostedObject {
  std::string_view bucket;
  std::string_view key;
  std::string_view etag;      // without quotes
  std::string_view location;  // the object's URL
};
struct PostAnswer {
  int status = 204;
  std::string location;  // the Location header
  std::string body;      // XML with a 201, else empty
};
// 303 where success_action_redirect is a URL of http or https, else success_action_status (200, 201 or 204).
PostAnswer answer_post(const FormFields& fields, const PostedObject& object);

}  // namespace cairn::s3wire
