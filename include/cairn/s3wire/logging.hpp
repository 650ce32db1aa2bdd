#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/access_list.hpp"

namespace cairn::s3wire {

// How the keys of access logs are made: [prefix][date]-[time]-[random], or with account, region, bucket and
// the date of the event or of the delivery between them. Amazon's default is simple.
enum class LogKeyFormat : std::uint8_t { unset, simple, by_event_time, by_delivery_time };

// A bucket's access logging. An empty document, which switches it off, is no LoggingConfiguration.
struct LoggingConfiguration {
  std::string target_bucket;
  std::string target_prefix;
  std::vector<Grant> target_grants;  // grantees not looked up
  LogKeyFormat key_format = LogKeyFormat::unset;
};
inline constexpr std::size_t kMaxLogPrefix = 800;  // bytes: a key of at most 1,024 has room for the rest

// A BucketLoggingStatus. malformed_xml, also without a target bucket or prefix (which may be empty);
// invalid_argument for a prefix that is too long and for a group that does not exist. Whether the bucket
// exists and takes logs is the caller's question: invalid_target_bucket_for_logging.
Result<std::optional<LoggingConfiguration>> parse_bucket_logging(std::string_view xml);
std::string render_bucket_logging(const std::optional<LoggingConfiguration>& logging);

}  // namespace cairn::s3wire
