#include "cairn/s3wire/xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "cairn/s3wire/uri.hpp"

namespace cairn::s3wire {

namespace {
// Bytes that stand for themselves wherever they are. Nearly every text of a document has no others.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '&' && c != '<' && c != '>' && c != '"';
  return plain;
}();
}  // namespace

void append_xml_escaped(std::string& out, std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return kPlain[static_cast<unsigned char>(c)]; })) {
    out.append(text);
    return;
  }
  const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  if (std::ranges::any_of(text, beyond_ascii) && !valid_utf8(text)) {
    // A prefix or a message may hold any byte, a document may not: U+FFFD stands for each that is not ASCII.
    std::string replaced;
    for (const char c : text) beyond_ascii(c) ? replaced.append("\xEF\xBF\xBD") : replaced.append(1, c);
    return append_xml_escaped(out, replaced);
  }
  std::size_t plain = 0;  // start of the run that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    std::string_view escape;
    char reference[8];
    switch (c) {
      case '&':
        escape = "&amp;";
        break;
      case '<':
        escape = "&lt;";
        break;
      case '>':
        escape = "&gt;";
        break;
      case '"':
        escape = "&quot;";
        break;
      default:
        // Line ends and tabs too: a parser would normalise them otherwise.
        if (c < 0x20 || c == 0x7f) {
          static constexpr char kDigits[] = "0123456789abcdef";
          std::size_t n = 0;
          for (const char k : {'&', '#', 'x'}) reference[n++] = k;
          if (c >= 16) reference[n++] = kDigits[c >> 4];
          reference[n++] = kDigits[c & 15];
          reference[n++] = ';';
          escape = {reference, n};
        }
    }
    if (escape.empty()) continue;
    out.append(text.substr(plain, i - plain));
    out.append(escape);
    plain = i + 1;
  }
  out.append(text.substr(plain));
}

XmlWriter::XmlWriter(std::string_view root, std::string_view xmlns) : root_(root) {
  out_.reserve(512);
  out_ += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<";
  out_ += root;
  if (!xmlns.empty()) {
    out_ += " xmlns=\"";
    out_ += xmlns;
    out_ += '"';
  }
  out_ += '>';
}

XmlWriter& XmlWriter::open(std::string_view name) {
  out_ += '<';
  out_ += name;
  out_ += '>';
  return *this;
}

XmlWriter& XmlWriter::close(std::string_view name) {
  out_ += "</";
  out_ += name;
  out_ += '>';
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view name, std::string_view value) {
  open(name);
  append_xml_escaped(out_, value);
  return close(name);
}

XmlWriter& XmlWriter::number(std::string_view name, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  open(name);
  out_.append(digits, end);
  return close(name);
}

XmlWriter& XmlWriter::boolean(std::string_view name, bool value) {
  return text(name, value ? "true" : "false");
}

XmlWriter& XmlWriter::raw(std::string_view xml) {
  out_ += xml;
  return *this;
}

XmlWriter& XmlWriter::characters(std::string_view text) {
  append_xml_escaped(out_, text);
  return *this;
}

std::string XmlWriter::finish() && {
  close(root_);
  return std::move(out_);
}

}  // namespace cairn::s3wire
