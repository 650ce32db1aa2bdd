#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace cairn::s3wire {

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// An HTTP request as it came over the wire, borrowed from whoever parsed it: nothing is decoded, header
// values have no white space around them. Everything that parses a request in s3wire takes one of these, so
// that the module knows no HTTP library; the views must outlive the call, and the result where it says so.
struct HttpRequestView {
  std::string_view method;
  std::string_view raw_path;   // begins with '/', still percent-encoded, without the query
  std::string_view raw_query;  // what follows '?', without it
  std::span<const HeaderField> headers;

  // The first header of this name (ASCII case does not matter).
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

// ASCII case-insensitive comparison.
bool iequals(std::string_view a, std::string_view b);

}  // namespace cairn::s3wire
