#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"

namespace cairn::iam {

struct JsonMember;

// JSON as a policy needs it: the members' order is kept, a name that comes twice is an error, numbers and
// truth values keep their text (a condition may write 10 for "10").
struct JsonNode {
  enum class Kind : std::uint8_t { null, scalar, string, array, object };
  Kind kind = Kind::null;
  std::string text;                 // string and scalar
  std::vector<JsonNode> items;      // array
  std::vector<JsonMember> members;  // object

  const JsonNode* find(std::string_view name) const;
  bool is(Kind k) const { return kind == k; }
};

struct JsonMember {
  std::string name;
  JsonNode value;
};

struct JsonLimits {
  std::size_t depth = 8;  // a policy needs 6: document, statements, statement, condition, operator, values
  std::size_t nodes = 10'000;
};

// malformed_policy with a message for people.
Result<JsonNode> parse_json(std::string_view text, const JsonLimits& limits);

}  // namespace cairn::iam
