#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/request_view.hpp"

namespace cairn::s3wire {

// Percent-decoding of a path: '+' stays '+'. A '%' without two hex digits is invalid_uri. The result may hold
// any byte, NUL included: keys are checked by valid_key.
Result<std::string> percent_decode(std::string_view raw);

struct QueryParam {
  std::string name;   // decoded
  std::string value;  // decoded; empty without '='
  bool bare = false;  // no '=' stood after the name
};

// The parameters of a query in their order, decoded. As in Amazon's, '+' is a space here (clients that mean a
// plus send %2B). At most kMaxParams; a repeated name is kept, find() gives the first.
class Query {
 public:
  static constexpr std::size_t kMaxParams = 128;

  Query() = default;
  explicit Query(std::vector<QueryParam> params) : params_(std::move(params)) {}
  static Result<Query> parse(std::string_view raw);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  const std::string* find(std::string_view name) const;  // exact case
  std::string_view get(std::string_view name) const;     // empty where absent
  // A decimal in [0, max]; absent gives `fallback`; anything else is invalid_argument and names the
  // parameter.
  Result<std::uint32_t> number(std::string_view name, std::uint32_t fallback, std::uint32_t max) const;
  std::span<const QueryParam> params() const { return params_; }
  bool empty() const { return params_.empty(); }

 private:
  std::vector<QueryParam> params_;
};

// SigV4's UriEncode: everything but A-Z a-z 0-9 - . _ ~ becomes %XX in upper case; '/' is kept where a path
// is encoded.
enum class Slash { keep, encode };
void append_uri_encoded(std::string& out, std::string_view text, Slash slash);
std::string uri_encode(std::string_view text, Slash slash);

// encoding-type=url of the list documents: like SigV4 with "/" kept. A space is %20 rather than Amazon's "+",
// which every client decodes alike.
std::string xml_url_encode(std::string_view text);

// Presigned URLs of some SDKs carry x-amz-* headers as parameters. These are they (lower-case names, the
// X-Amz- parameters of the signature itself left out), as views into the query: handlers must heed them as
// headers.
std::vector<HeaderField> hoisted_headers(const Query& query);

bool valid_utf8(std::string_view text);

}  // namespace cairn::s3wire
