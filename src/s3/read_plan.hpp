#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cairn/s3wire/headers.hpp"
#include "cairn/store/object_layer.hpp"

namespace cairn::s3 {

// What a GET or HEAD asks for, apart from the object's name.
struct ReadRequest {
  s3wire::Conditions conditions;
  std::optional<s3wire::RangeSpec> range;
  std::string if_range;  // as sent
  std::optional<std::uint32_t> part;
  bool checksums = false;
};

// What it gets.
struct ReadPlan {
  bool not_modified = false;
  bool partial = false;  // 206
  std::uint64_t offset = 0, length = 0;
  std::string content_range;
  std::uint32_t parts_count = 0;  // x-amz-mp-parts-count; 0: none
  std::vector<store::Checksum> checksums;
};

// Decides, per RFC 9110 sections 13.2.2 and 14.2: precondition_failed, invalid_range, invalid_part (no such
// part). Pure. `parts` may be empty where no part is asked for.
Result<ReadPlan> plan_read(const ReadRequest& request, const store::ObjectInfo& info,
                           const std::vector<store::PartInfo>& parts);

}  // namespace cairn::s3
