#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::drive {

// One life of a bucket name: a bucket that is deleted and made again is another BucketId, so that nothing of
// the old one can show. 0 is the system bucket, which holds bucket documents and configuration.
enum class BucketId : std::uint64_t {};
inline constexpr BucketId kSystemBucket{0};

// The ordered key of an object's record: the bucket id in 8 big-endian bytes, then the S3 key with 00 escaped
// as 00 FF, then 00 01. Records sort by bucket, then as S3 lists keys (UTF-8 bytes). A key may hold any byte.
std::string record_key(BucketId bucket, std::string_view key);
// The same without the end mark: what all keys that begin with `prefix` have in common.
std::string record_prefix(BucketId bucket, std::string_view prefix);
struct DecodedKey {
  BucketId bucket;
  std::string key;
};
Result<DecodedKey> decode_record_key(std::string_view record_key);
// The least string above everything that begins with `prefix`; empty if there is none.
std::string after_prefix(std::string prefix);

// A proposal's number: hybrid logical time (milliseconds << 16 | counter), then the proposer. Unique to one
// proposal.
struct Ballot {
  std::uint64_t time = 0;
  std::uint32_t node = 0;
  auto operator<=>(const Ballot&) const = default;
  bool is_null() const { return time == 0 && node == 0; }
};
// A state is named by the ballot that first proposed it; the null id is the state of a key that was never
// written.
using StateId = Ballot;

}  // namespace cairn::drive
