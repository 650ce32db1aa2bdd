#pragma once
#include <span>
#include <string>

#include "cairn/http/message.hpp"

namespace cairn::admin {

enum class Page { none, live, ready, metrics, api };

// What decides whether a request is for this module; views into it.
struct RequestFacts {
  std::string_view method, path, query, host;
  bool has_authorization = false;  // of Signature V4 or V2; a bearer token is none
};
RequestFacts facts_of(const http::Request& request);

// The page that a request is for; none: the request is S3's. Pure.
Page page_of(const RequestFacts& facts, std::span<const std::string> domains);

// Whether an address as the socket gives it is this machine's loopback ("127.0.0.1", "::1",
// "::ffff:127.0.0.1").
bool is_loopback(std::string_view address);

}  // namespace cairn::admin
