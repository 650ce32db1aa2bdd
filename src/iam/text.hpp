#pragma once
#include <algorithm>
#include <string>
#include <string_view>

// ASCII helpers that know no locale.
namespace cairn::iam {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }

inline std::string to_lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = lower(c);
  return out;
}

inline bool all_digits(std::string_view s) { return !s.empty() && std::ranges::all_of(s, is_digit); }

// The part before the first `separator`, which is removed from `rest` together with it; all of it if there is
// none.
inline std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return head;
}

}  // namespace cairn::iam
