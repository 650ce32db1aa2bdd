#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/xml.hpp"

// What the answers have in common.
namespace cairn::s3wire {

// A name as it stands in a list: encoded where the client asked for encoding-type=url. The view lives until
// the next call.
class ListedName {
 public:
  explicit ListedName(bool url) : url_(url) {}
  std::string_view operator()(std::string_view name);

 private:
  bool url_;
  std::string buffer_;
};

// Writes times as S3 does. A list of a thousand keys has a thousand of them, most of one day: the date is
// kept, and nothing goes through printf. The view lives until the next call.
class ListedTime {
 public:
  std::string_view operator()(UnixMillis t);

 private:
  UnixMillis day_ = 0;
  std::string text_;
};

void write_owner(XmlWriter& xml, std::string_view element, const Owner& owner);  // nothing without an id
void write_checksum(XmlWriter& xml, const std::optional<ChecksumValue>& checksum, bool with_type);
void write_prefixes(XmlWriter& xml, ListedName& names, const std::vector<std::string>& prefixes);

}  // namespace cairn::s3wire
