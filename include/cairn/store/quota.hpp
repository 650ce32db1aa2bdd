#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::store {

// What a bucket may hold at most: the configuration "quota" of a bucket, kept as JSON:
// {"max_bytes": 1073741824, "max_objects": 1000}. All versions count as objects, delete markers as nothing.
struct BucketQuota {
  std::optional<std::uint64_t> max_bytes, max_objects;
  bool operator==(const BucketQuota&) const = default;

  // Whether so much fits.
  bool allows(std::uint64_t bytes, std::uint64_t objects) const {
    return (!max_bytes || bytes <= *max_bytes) && (!max_objects || objects <= *max_objects);
  }
};

inline constexpr std::string_view kQuotaConfig = "quota";  // its name among the bucket's configurations

Result<BucketQuota> parse_quota(std::string_view json);  // validation_error
std::string render_quota(const BucketQuota& quota);

}  // namespace cairn::store
