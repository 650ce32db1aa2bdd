#pragma once
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/error.hpp"

namespace cairn::s3wire {

// What a client sees of a base::Code. docs/operations/errors.md explains the choices.
struct S3Error {
  std::string_view code;     // "NoSuchKey"
  int status;                // 404
  std::string_view message;  // used where the Error has no context, and always for 5xx
};

// The S3 error of a code; a code that is not in the table is InternalError.
const S3Error& s3_error(Code code);

// The reverse, for our client: by S3 code string, then by HTTP status (an S3 HEAD answer has no body).
Code code_of(std::string_view s3_code, int http_status);

// Extra elements of an error document: {"BucketName", "photos"}, {"Region", "eu-west-1"}.
using ErrorField = std::pair<std::string, std::string>;

// A refusal: the S3 error and what else its document carries (Region, StringToSign, MaxSizeAllowed, ...).
struct Refusal {
  Error error;
  std::vector<ErrorField> fields;
};
inline std::unexpected<Refusal> refuse(Code code, std::string message = {},
                                       std::vector<ErrorField> fields = {}) {
  return std::unexpected(Refusal{Error(code, std::move(message)), std::move(fields)});
}

// The message that the client is told: the context of a 4xx, the table's text otherwise (a 5xx's context may
// name drives and paths and stays in the log).
std::string_view error_message(const Error& error);

// The error document, `resource` as the path of the request.
std::string render_error_xml(const Error& error, std::string_view resource, std::string_view request_id,
                             std::string_view host_id, std::span<const ErrorField> fields = {});

}  // namespace cairn::s3wire
