#pragma once
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"
#include "cairn/iam/records.hpp"

namespace cairn::iam {

// What names, paths and the like may be: the patterns of the IAM API reference. validation_error otherwise.
Status check_name(std::string_view what, std::string_view name, std::size_t longest);
Status check_path(std::string_view path);
// At most fifty, no key twice (keys are compared without regard to case), none that begins with "aws:".
Status check_tags(const TagList& tags);
// At most `longest` characters of text.
Status check_text(std::string_view what, std::string_view text, std::size_t longest);
// 3 to 128 visible ASCII characters, none of them one that a signature's header could not hold.
Status check_access_key_id(std::string_view id);
Status check_secret(std::string_view secret);  // 8 to 128 printable ASCII characters

// "AIDA" and 17 random characters; unique by their number (85 bits).
std::string new_unique_id(std::string_view prefix);
std::string new_access_key_id(std::string_view prefix);  // "AKIA", "ASIA" and 16
std::string new_secret();                                // 40 characters, 240 bits

}  // namespace cairn::iam
