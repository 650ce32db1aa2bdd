#include "cairn/s3wire/uri.hpp"

#include <algorithm>
#include <array>

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

constexpr auto kUnreserved = [] {
  std::array<bool, 256> t{};
  for (unsigned c = 0; c < 256; ++c)
    t[c] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  return t;
}();

Result<std::string> decode(std::string_view raw, bool plus_is_space) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (raw[i] != '%') {
      out.push_back(raw[i]);
    } else {
      if (raw.size() - i < 3) return fail(Code::invalid_uri);
      const int hi = hex_value(raw[i + 1]), lo = hex_value(raw[i + 2]);
      if (hi < 0 || lo < 0) return fail(Code::invalid_uri);
      out.push_back(static_cast<char>(hi * 16 + lo));
      i += 2;
    }
  }
  return out;
}

}  // namespace

Result<std::string> percent_decode(std::string_view raw) { return decode(raw, false); }

Result<Query> Query::parse(std::string_view raw) {
  std::vector<QueryParam> params;
  if (raw.empty()) return Query{};
  params.reserve(static_cast<std::size_t>(std::ranges::count(raw, '&')) % kMaxParams + 1);
  while (!raw.empty()) {
    const std::string_view item = cut(raw, '&');
    if (item.empty()) continue;
    if (params.size() == kMaxParams) return fail(Code::invalid_uri, "Too many query parameters.");
    const std::size_t eq = item.find('=');
    QueryParam p;
    p.bare = eq == std::string_view::npos;
    TRY(p.name, decode(item.substr(0, eq), true));
    if (!p.bare) {
      TRY(p.value, decode(item.substr(eq + 1), true));
    }
    params.push_back(std::move(p));
  }
  return Query(std::move(params));
}

const std::string* Query::find(std::string_view name) const {
  for (const QueryParam& p : params_)
    if (p.name == name) return &p.value;
  return nullptr;
}

std::string_view Query::get(std::string_view name) const {
  const std::string* v = find(name);
  return v ? std::string_view(*v) : std::string_view{};
}

Result<std::uint32_t> Query::number(std::string_view name, std::uint32_t fallback, std::uint32_t max) const {
  const std::string* text = find(name);
  if (!text) return fallback;
  const auto v = parse_decimal(*text);
  if (!v || *v > max)
    return fail(Code::invalid_argument, "Argument " + std::string(name) +
                                            " must be an integer between 0 and " + std::to_string(max) + ".");
  return static_cast<std::uint32_t>(*v);
}

void append_uri_encoded(std::string& out, std::string_view text, Slash slash) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::size_t plain = 0;  // start of the run that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kUnreserved[c] || (c == '/' && slash == Slash::keep)) continue;
    out.append(text, plain, i - plain);
    const char escaped[] = {'%', kDigits[c >> 4], kDigits[c & 15]};
    out.append(escaped, sizeof escaped);
    plain = i + 1;
  }
  out.append(text, plain);
}

std::string uri_encode(std::string_view text, Slash slash) {
  std::string out;
  out.reserve(text.size() + 16);
  append_uri_encoded(out, text, slash);
  return out;
}

std::string xml_url_encode(std::string_view text) { return uri_encode(text, Slash::keep); }

std::vector<HeaderField> hoisted_headers(const Query& query) {
  // The signature's own parameters; Amazon spells them X-Amz-..., hoisted headers keep their lower case.
  static constexpr std::string_view kSignature[] = {
      "x-amz-algorithm",     "x-amz-credential", "x-amz-date",          "x-amz-expires",
      "x-amz-signedheaders", "x-amz-signature",  "x-amz-security-token"};
  std::vector<HeaderField> out;
  for (const QueryParam& p : query.params()) {
    if (!starts_with_nocase(p.name, "x-amz-")) continue;
    if (std::ranges::any_of(kSignature, [&](std::string_view s) { return iequals(s, p.name); })) continue;
    out.push_back({p.name, p.value});
  }
  return out;
}

bool valid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto at = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
    const unsigned char c = at(i);
    if (c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t n = c >= 0xC2 && c <= 0xDF   ? 1
                          : (c & 0xF0) == 0xE0     ? 2
                          : c >= 0xF0 && c <= 0xF4 ? 3
                                                   : 0;
    if (n == 0 || s.size() - i <= n) return false;
    for (std::size_t k = 1; k <= n; ++k)
      if ((at(i + k) & 0xC0) != 0x80) return false;
    // Overlong forms, surrogates, and what lies above U+10FFFF.
    const unsigned char second = at(i + 1);
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) || (c == 0xF0 && second < 0x90) ||
        (c == 0xF4 && second > 0x8F))
      return false;
    i += n + 1;
  }
  return true;
}

}  // namespace cairn::s3wire
