#include "cairn/s3wire/request_view.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::optional<std::string_view> HttpRequestView::header(std::string_view name) const {
  for (const HeaderField& h : headers)
    if (iequals(h.name, name)) return h.value;
  return std::nullopt;
}

std::size_t HttpRequestView::count(std::string_view name) const {
  std::size_t n = 0;
  for (const HeaderField& h : headers) n += iequals(h.name, name);
  return n;
}

}  // namespace cairn::s3wire
