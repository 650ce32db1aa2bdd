#include "s3client/bench/objects.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace cairn::s3client::bench {

ObjectSpace::ObjectSpace(const RunOptions& options)
    : prefix_(options.prefix),
      prefixes_(options.prefixes),
      seed_(mix64(options.seed)),
      sizes_(options.sizes),
      content_(kContent) {
  for (std::size_t i = 0; i < kContent; i += 8) {
    const std::uint64_t word = mix64(seed_ + i);
    std::memcpy(&content_[i], &word, std::min<std::size_t>(8, kContent - i));
  }
}

// The mix is a bijection, so different objects have different numbers.
std::uint64_t ObjectSpace::random(std::uint64_t object) const { return mix64(object ^ seed_); }

std::string ObjectSpace::prefix(std::uint32_t index) const {
  return prefixes_ == 1 ? prefix_ + "/" : fmt::format("{}/{:06}/", prefix_, index);
}

void ObjectSpace::append_key(std::string& out, std::uint64_t object) const {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::uint64_t r = random(object);
  out += prefix_;
  out += '/';
  if (prefixes_ > 1) fmt::format_to(std::back_inserter(out), "{:06}/", object % prefixes_);
  for (int shift = 60; shift >= 0; shift -= 4) out += kHex[(r >> shift) & 15];
}

std::uint64_t ObjectSpace::size(std::uint64_t object) const { return sizes_.pick(mix64(random(object))); }

void ObjectSpace::append_content(std::vector<Bytes>& out, std::uint64_t object, std::uint64_t offset,
                                 std::uint64_t count) const {
  std::size_t at = (random(object) % kContent + offset) % kContent;
  while (count > 0) {
    const std::size_t n = std::min<std::uint64_t>(count, kContent - at);
    out.push_back(Bytes(content_).subspan(at, n));
    count -= n;
    at = 0;
  }
}

bool ObjectSpace::content_equals(std::uint64_t object, std::uint64_t offset, Bytes bytes) const {
  std::size_t at = (random(object) % kContent + offset) % kContent;
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), kContent - at);
    if (std::memcmp(bytes.data(), &content_[at], n) != 0) return false;
    bytes = bytes.subspan(n);
    at = 0;
  }
  return true;
}

}  // namespace cairn::s3client::bench
