#include "cairn/http/fields.hpp"

#include <algorithm>

namespace cairn::http {
namespace {
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (const Field& f : list_)
    if (equal_ignoring_case(f.name, name)) return f.value;
  return std::nullopt;
}

std::vector<std::string_view> Fields::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& f : list_)
    if (equal_ignoring_case(f.name, name)) values.push_back(f.value);
  return values;
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      list_.begin(), list_.end(), [&](const Field& f) { return equal_ignoring_case(f.name, name); }));
}

}  // namespace cairn::http
