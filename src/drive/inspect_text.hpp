#pragma once
#include <functional>
#include <string>
#include <string_view>

#include <fmt/format.h>

// Text for people, from bytes that anybody may have chosen.
namespace cairn::drive {

// Control characters and backslashes escaped, so that a key cannot write to the terminal.
inline std::string printable(std::string_view bytes) {
  std::string out;
  for (const char ch : bytes) {
    const auto c = static_cast<unsigned char>(ch);
    if (c < 0x20 || c == 0x7f || c == '\\') {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += ch;
    }
  }
  return out;
}

inline std::string describe(const std::function<std::string(std::string_view)>& describe_head,
                            std::string_view head) {
  return describe_head ? describe_head(head) : fmt::format("{} bytes of metadata", head.size());
}

// Every line with two spaces before it and a newline after it.
inline std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += fmt::format("  {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace cairn::drive
