#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/bytes.hpp"

#include "s3client/bench/options.hpp"

namespace cairn::s3client::bench {

// Objects are numbers: the key, the size and the bytes of object n follow from n and the seed, so that
// nothing is remembered about a million of them, and a later run with the same options knows them all.
// Immutable, thread-safe.
class ObjectSpace {
 public:
  explicit ObjectSpace(const RunOptions& options);

  void append_key(std::string& out, std::uint64_t object) const;  // needs no encoding in a URL
  // The part of the keys before their last slash, with that slash.
  std::string prefix(std::uint32_t index) const;
  std::uint32_t prefixes() const { return prefixes_; }
  std::uint64_t size(std::uint64_t object) const;

  // `count` bytes of the object from `offset` on, as pieces of one shared buffer.
  void append_content(std::vector<Bytes>& out, std::uint64_t object, std::uint64_t offset,
                      std::uint64_t count) const;
  bool content_equals(std::uint64_t object, std::uint64_t offset, Bytes bytes) const;

 private:
  // Not a power of two, so that equal offsets within large objects have different bytes; small enough for the
  // processor's last cache.
  static constexpr std::size_t kContent = (4u << 20) - 4093;

  std::uint64_t random(std::uint64_t object) const;
  std::string prefix_;
  std::uint32_t prefixes_;
  std::uint64_t seed_;
  SizeDistribution sizes_;
  std::vector<std::byte> content_;
};

}  // namespace cairn::s3client::bench
