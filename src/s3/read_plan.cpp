#include "s3/read_plan.hpp"

#include <fmt/format.h>

namespace cairn::s3 {
namespace {
// If-Range (RFC 9110 section 13.1.5): the range counts only while the object is the one the client knows.
// Strong comparison for tags, equality for dates.
bool range_applies(const std::string& if_range, const store::ObjectInfo& info) {
  if (if_range.empty()) return true;
  if (if_range.front() == '"') return if_range == '"' + info.etag + '"';
  const auto date = s3wire::parse_http_date(if_range);
  return date && *date / 1000 == info.modified / 1000;
}

Result<ReadPlan> plan_part(std::uint32_t number, const store::ObjectInfo& info,
                           const std::vector<store::PartInfo>& parts, ReadPlan plan) {
  plan.partial = true;
  if (parts.empty()) {  // one upload is one part
    if (number != 1) return fail(Code::invalid_part);
    plan.length = info.size;
    return plan;
  }
  plan.parts_count = static_cast<std::uint32_t>(parts.size());
  for (const auto& p : parts) {
    if (p.number == number) {
      plan.length = p.size;
      plan.checksums = p.checksums;
      // The type is said of the object; its parts' values are what they are.
      for (store::Checksum& sum : plan.checksums)
        sum.composite = !info.checksums.empty() && info.checksums.front().composite;
      return plan;
    }
    plan.offset += p.size;
  }
  return fail(Code::invalid_part);
}
}  // namespace

Result<ReadPlan> plan_read(const ReadRequest& request, const store::ObjectInfo& info,
                           const std::vector<store::PartInfo>& parts) {
  ReadPlan plan;
  if (const Status s = s3wire::check_conditions(request.conditions, info.etag, info.modified); !s) {
    if (!s.error().is(Code::not_modified)) return fail(s.error());
    plan.not_modified = true;
    return plan;
  }
  if (request.part) {
    TRY(plan, plan_part(*request.part, info, parts, std::move(plan)));
  } else if (request.range && range_applies(request.if_range, info)) {
    TRY(const s3wire::ByteRange range, s3wire::resolve_range(*request.range, info.size));
    plan.partial = true;
    plan.offset = range.offset;
    plan.length = range.length;
  } else {
    plan.length = info.size;
    plan.checksums = info.checksums;
  }
  if (request.part && parts.empty()) plan.checksums = info.checksums;
  if (!request.checksums) plan.checksums.clear();
  if (plan.partial && plan.length > 0)
    plan.content_range = fmt::format("bytes {}-{}/{}", plan.offset, plan.offset + plan.length - 1, info.size);
  return plan;
}

}  // namespace cairn::s3
