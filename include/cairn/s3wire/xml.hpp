#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::s3wire {

inline constexpr std::string_view kS3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

// Appends text with & < > " escaped, and control characters as character references, as Amazon writes them
// ("&#x1;" is not XML 1.0, but it is what S3 clients meet; encoding-type=url avoids it).
void append_xml_escaped(std::string& out, std::string_view text);

// Writes a document front to back into one string. Names are trusted, text is escaped.
class XmlWriter {
 public:
  // <?xml ...?> and the root element, with the S3 namespace unless xmlns is empty.
  explicit XmlWriter(std::string_view root, std::string_view xmlns = kS3Namespace);
  XmlWriter& open(std::string_view name);
  XmlWriter& close(std::string_view name);
  XmlWriter& text(std::string_view name, std::string_view value);
  XmlWriter& number(std::string_view name, std::uint64_t value);
  XmlWriter& boolean(std::string_view name, bool value);
  XmlWriter& raw(std::string_view xml);
  XmlWriter& characters(std::string_view text);  // text without an element of its own
  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  // Writes the element only if the value is not empty.
  XmlWriter& optional(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  std::string finish() &&;

 private:
  std::string out_;
  std::string root_;
};

}  // namespace cairn::s3wire
