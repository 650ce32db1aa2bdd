#include "iam/glob.hpp"

#include <algorithm>
#include <cstring>  // memmem

namespace cairn::iam {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Where the match of `run` (no '*' in it) that begins at `at` ends.
std::size_t match_at(std::string_view run, std::string_view text, std::size_t at) {
  for (const char c : run) {
    if (at >= text.size()) return kNone;
    if (c == kAnyOne) {
      do ++at;
      while (at < text.size() && continues(text[at]));
    } else if (text[at++] != c) {
      return kNone;
    }
  }
  return at;
}

// The end of the first match of `run` at or behind `at`.
std::size_t find_run(std::string_view run, std::string_view text, std::size_t at) {
  if (run.find(kAnyOne) == kNone) {
    if (run.empty()) return at;
    if (text.size() - at < run.size()) return kNone;
    const void* hit = ::memmem(text.data() + at, text.size() - at, run.data(), run.size());
    return hit ? static_cast<std::size_t>(static_cast<const char*>(hit) - text.data()) + run.size() : kNone;
  }
  for (; at < text.size(); ++at)
    if (const std::size_t end = match_at(run, text, at); end != kNone) return end;
  return kNone;
}

// Where the match of `run` that ends with the text begins.
std::size_t match_end(std::string_view run, std::string_view text) {
  std::size_t at = text.size();
  for (std::size_t i = run.size(); i-- > 0;) {
    if (at == 0) return kNone;
    --at;
    if (run[i] != kAnyOne) {
      if (text[at] != run[i]) return kNone;
    } else {
      while (at > 0 && continues(text[at])) --at;
    }
  }
  return at;
}

}  // namespace

std::string encode_wildcards(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == '*') c = kAnyRun;
    if (c == '?') c = kAnyOne;
  }
  return out;
}

bool has_wildcard(std::string_view encoded) {
  return std::ranges::any_of(encoded, [](char c) { return c == kAnyRun || c == kAnyOne; });
}

bool glob_match(std::string_view pattern, std::string_view text) {
  const std::size_t first = pattern.find(kAnyRun);
  if (first == kNone) return match_at(pattern, text, 0) == text.size();
  std::size_t at = match_at(pattern.substr(0, first), text, 0);
  if (at == kNone) return false;
  const std::size_t last = pattern.rfind(kAnyRun);
  const std::size_t tail = match_end(pattern.substr(last + 1), text);
  if (tail == kNone || tail < at) return false;
  std::string_view middle = pattern.substr(first, last - first);
  text = text.substr(0, tail);
  while (!middle.empty()) {
    middle.remove_prefix(1);
    const std::string_view run = middle.substr(0, middle.find(kAnyRun));
    middle.remove_prefix(run.size());
    at = find_run(run, text, at);
    if (at == kNone) return false;
  }
  return true;
}

}  // namespace cairn::iam
