#pragma once
#include <string>
#include <string_view>

#include "cairn/base/bytes.hpp"

#include "drive/register.hpp"

// Rows of the table `usage`: under the bucket id (8 big-endian bytes) the sums of what the committed states
// of its keys say, as two signed 64-bit numbers; a batch adds to them by RocksDB's merge.
namespace cairn::drive {

inline std::string encode_usage(const UsageDelta& usage) {
  std::string out;
  Encoder e(out);
  e.u64(static_cast<std::uint64_t>(usage.objects));
  e.u64(static_cast<std::uint64_t>(usage.bytes));
  return out;
}

inline bool decode_usage(std::string_view bytes, UsageDelta& out) {
  Decoder d(bytes);
  out.objects = static_cast<std::int64_t>(d.u64());
  out.bytes = static_cast<std::int64_t>(d.u64());
  return d.ok() && d.remaining() == 0;
}

}  // namespace cairn::drive
