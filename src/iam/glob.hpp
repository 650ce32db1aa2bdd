#pragma once
#include <string>
#include <string_view>

namespace cairn::iam {

// Encoded wildcards: bytes that no UTF-8 text has, so that a literal '*' (written ${*}) is not one.
constexpr char kAnyRun = '\xFE';  // '*': any number of characters
constexpr char kAnyOne = '\xFF';  // '?': one character, that is one UTF-8 sequence

// Turns '*' and '?' of a policy's text into wildcards.
std::string encode_wildcards(std::string_view text);
bool has_wildcard(std::string_view encoded);

// Whether all of `text` is matched. Goes forward only: runs between two '*' are looked for one after the
// other, with a linear search (memmem) where they hold no '?'. No exponential case; with '?' at worst the
// product of both lengths, which the limits on policies and keys bound.
bool glob_match(std::string_view encoded, std::string_view text);

}  // namespace cairn::iam
