#include "s3wire/answer_parts.hpp"

#include "cairn/s3wire/uri.hpp"

namespace cairn::s3wire {

std::string_view ListedName::operator()(std::string_view name) {
  if (!url_) return name;
  buffer_.clear();
  append_uri_encoded(buffer_, name, Slash::keep);
  return buffer_;
}

std::string_view ListedTime::operator()(UnixMillis t) {
  constexpr UnixMillis kDay = 86'400'000;
  const UnixMillis in_day = (t % kDay + kDay) % kDay;
  if (t - in_day != day_ || text_.empty()) {
    text_ = iso8601_ms(t);
    day_ = t - in_day;
  }
  constexpr std::size_t kHour = 11;  // "2026-11-23T12:34:56.789Z", for every year of four digits
  if (text_.size() != 24) return text_ = iso8601_ms(t);
  const auto put = [&](std::size_t at, std::size_t digits, UnixMillis v) {
    for (std::size_t i = digits; i-- > 0; v /= 10) text_[at + i] = static_cast<char>('0' + v % 10);
  };
  put(kHour, 2, in_day / 3'600'000);
  put(kHour + 3, 2, in_day / 60'000 % 60);
  put(kHour + 6, 2, in_day / 1000 % 60);
  put(kHour + 9, 3, in_day % 1000);
  return text_;
}

void write_owner(XmlWriter& xml, std::string_view element, const Owner& owner) {
  if (owner.id.empty()) return;
  xml.open(element).text("ID", owner.id).optional("DisplayName", owner.display_name).close(element);
}

void write_checksum(XmlWriter& xml, const std::optional<ChecksumValue>& checksum, bool with_type) {
  if (!checksum) return;
  xml.text(checksum_element(checksum->algorithm), checksum->text());
  if (with_type) xml.text("ChecksumType", checksum_type_name(checksum->type));
}

void write_prefixes(XmlWriter& xml, ListedName& names, const std::vector<std::string>& prefixes) {
  for (const std::string& p : prefixes)
    xml.open("CommonPrefixes").text("Prefix", names(p)).close("CommonPrefixes");
}

}  // namespace cairn::s3wire
