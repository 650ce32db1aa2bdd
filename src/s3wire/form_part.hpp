#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::s3wire {

struct PartHead {
  std::string name;
  std::optional<std::string> filename;  // without the directories before it
};

// The header lines of a part, up to and with the empty line (RFC 7578 section 4.2). malformed_post_request.
Result<PartHead> parse_part_head(std::string_view lines);

// Takes `; name=value` from the front of a header's parameters, the value as a token or in quotes. Returns
// false and takes nothing where there is none; `rest` is then what could not be read.
bool take_parameter(std::string_view& rest, std::string& name, std::string& value);

}  // namespace cairn::s3wire
