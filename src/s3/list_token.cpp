#include "s3/list_token.hpp"

#include "cairn/base/bytes.hpp"

namespace cairn::s3 {
namespace {
constexpr char kVersion = '1';
}

std::string make_list_token(std::string_view after) {
  return to_base64(as_bytes(std::string(1, kVersion).append(after)));
}

Result<std::string> parse_list_token(std::string_view token) {
  auto text = from_base64(token);
  if (!text || text->empty() || text->front() != kVersion)
    return fail(Code::invalid_argument, "The continuation token provided is incorrect");
  return text->substr(1);
}

}  // namespace cairn::s3
