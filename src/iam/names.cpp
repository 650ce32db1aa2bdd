#include "iam/names.hpp"

#include <algorithm>

#include "cairn/base/bytes.hpp"
#include "cairn/base/ids.hpp"
#include "cairn/s3wire/uri.hpp"

#include "iam/text.hpp"

namespace cairn::iam {
namespace {

constexpr std::size_t kMaxTags = 50, kMaxTagKey = 128, kMaxTagValue = 256, kMaxPath = 512;

std::unexpected<Error> invalid(std::string text) { return fail(Code::validation_error, std::move(text)); }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string random_characters(std::string_view alphabet, std::size_t count) {
  std::string raw(count, '\0');
  random_bytes(raw.data(), raw.size());
  for (char& c : raw) c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
  return raw;
}
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

}  // namespace

Status check_name(std::string_view what, std::string_view name, std::size_t longest) {
  const auto good = [](char c) {
    return is_alnum(c) || std::string_view("_+=,.@-").find(c) != std::string_view::npos;
  };
  if (name.empty()) return invalid(std::string(what) + " must not be empty.");
  if (name.size() > longest)
    return invalid(std::string(what) + " must have at most " + std::to_string(longest) + " characters.");
  if (!std::ranges::all_of(name, good))
    return invalid("The specified value for " + std::string(what) +
                   " is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-");
  return {};
}

Status check_path(std::string_view path) {
  const bool framed = path.starts_with('/') && path.ends_with('/') && path.size() <= kMaxPath;
  if (!framed || !std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f; }))
    return invalid(
        "The specified value for path is invalid. It must begin and end with / and contain only visible "
        "ASCII characters.");
  return {};
}

Status check_text(std::string_view what, std::string_view text, std::size_t longest) {
  if (!s3wire::valid_utf8(text)) return invalid(std::string(what) + " is not UTF-8 text.");
  if (characters(text) > longest)
    return invalid(std::string(what) + " must have at most " + std::to_string(longest) + " characters.");
  const auto bad = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  };
  if (std::ranges::any_of(text, bad)) return invalid(std::string(what) + " holds control characters.");
  return {};
}

Status check_tags(const TagList& tags) {
  if (tags.size() > kMaxTags) return fail(Code::limit_exceeded, "More than 50 tags.");
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const std::string key = to_lower(tags[i].key);
    if (key.empty()) return invalid("A tag's key must not be empty.");
    if (key.starts_with("aws:")) return invalid("Tag keys that begin with aws: are reserved.");
    TRY(check_text("A tag's key", key, kMaxTagKey));
    TRY(check_text("A tag's value", tags[i].value, kMaxTagValue));
    for (std::size_t j = 0; j < i; ++j)
      if (to_lower(tags[j].key) == key)
        return invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  return {};
}

Status check_access_key_id(std::string_view id) {
  const auto good = [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("/,=:\"<>&").find(c) == std::string_view::npos;
  };
  if (id.size() < 3 || id.size() > 128 || !std::ranges::all_of(id, good))
    return invalid("An access key has 3 to 128 visible ASCII characters, none of / , = : \" < > &");
  if (id.starts_with("ASIA"))
    return invalid("Access keys that begin with ASIA are those of temporary credentials.");
  return {};
}

Status check_secret(std::string_view secret) {
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (secret.size() < 8 || secret.size() > 128 || !std::ranges::all_of(secret, printable))
    return invalid("A secret key has 8 to 128 printable ASCII characters.");
  return {};
}

std::string new_unique_id(std::string_view prefix) {
  return std::string(prefix) + random_characters(kBase32, 17);
}

std::string new_access_key_id(std::string_view prefix) {
  return std::string(prefix) + random_characters(kBase32, 16);
}

std::string new_secret() {
  std::string raw(30, '\0');
  random_bytes(raw.data(), raw.size());
  return to_base64(as_bytes(raw));
}

}  // namespace cairn::iam
