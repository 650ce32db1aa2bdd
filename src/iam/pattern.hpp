#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/iam/request.hpp"

namespace cairn::iam {

// How a text of a policy is read.
struct PatternRules {
  bool variables = true;  // ${...}: since version 2012-10-17
  bool wildcards = true;  // '*' and '?'
  bool fold = false;      // without regard to (ASCII) case
};

// A text of a policy that a value of a request is compared with: literal text, wildcards and ${variables},
// split up once. What a variable stands for is literal: a '*' in a user's tag matches a '*' only. Immutable.
class Pattern {
 public:
  // malformed_policy where a variable is not closed or has no name.
  static Result<Pattern> compile(std::string_view text, PatternRules rules);

  // A variable that the request has no single value for, and that has no default, matches nothing.
  bool matches(std::string_view value, const Context& context) const;

  bool fixed() const;  // neither wildcard nor variable
  bool has_variable() const { return !pieces_.empty(); }
  bool is_everything() const;                        // "*"
  const std::string& text() const { return text_; }  // encoded; with every variable as a '*'
  void collect_keys(std::vector<std::string>& keys) const;

 private:
  struct Piece {  // encoded text, then perhaps a variable
    std::string text;
    std::string key;  // in lower case; empty: none
    std::optional<std::string> fallback;
  };
  std::optional<std::string> resolve(const Context& context) const;

  std::string text_;
  std::vector<Piece> pieces_;  // empty without variables
  bool wild_ = false;
  bool fold_ = false;
};

// An ARN with wildcards: each of its six parts is compared by itself, so that a '*' crosses no colon; the
// last part is all that follows the fifth colon. "*" alone is every ARN.
class ArnPattern {
 public:
  // Variables may stand in the last part, or the text begins with one and is compared as a whole.
  // malformed_policy where there are fewer than six parts.
  static Result<ArnPattern> compile(std::string_view text, PatternRules rules);

  bool matches(std::string_view arn, const Context& context) const;
  bool everything() const { return everything_; }
  // One of the first five parts, encoded: partition 1, service 2, region 3, account 4.
  const std::string& head(std::size_t part) const { return heads_[part]; }
  const Pattern& tail() const { return tail_; }
  bool fixed() const;

 private:
  bool head_matches(std::string_view arn, std::size_t& tail_at) const;

  bool everything_ = false;
  bool whole_ = false;        // tail_ is all of it
  std::string literal_head_;  // "arn:aws:s3:::" where the head has no wildcard: the common case
  std::array<std::string, 5> heads_;
  Pattern tail_;
};

}  // namespace cairn::iam
