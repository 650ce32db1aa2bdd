#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/iam/identity.hpp"

namespace cairn::iam {

// What is known of every request, whichever API it is for.
struct RequestFacts {
  std::string_view source_ip;
  bool secure = false;  // TLS
  std::string_view user_agent, referer;
  std::string_view region;
  UnixMillis now = 0;
};

using KeyValues = std::optional<std::vector<std::string>>;  // nothing: the key is absent

// The value of one of the global condition keys ("aws:sourceip", in lower case), made only when a policy asks
// for it: "AWS global condition context keys" (IAM User Guide).
KeyValues global_key(std::string_view lower_key, const RequestFacts& facts, const Identity& who);

}  // namespace cairn::iam
