#include "s3/read_request.hpp"

#include <array>

#include "cairn/s3wire/checksums.hpp"

#include "s3/expiration.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {
namespace {
struct Override {
  std::string_view parameter, field;
};
constexpr std::array<Override, 6> kOverrides{{{"response-content-type", "Content-Type"},
                                              {"response-content-language", "Content-Language"},
                                              {"response-expires", "Expires"},
                                              {"response-cache-control", "Cache-Control"},
                                              {"response-content-disposition", "Content-Disposition"},
                                              {"response-content-encoding", "Content-Encoding"}}};
}  // namespace

Result<ReadRequest> read_request(const Context& c) {
  TRY(refuse_customer_key(c));
  ReadRequest r;
  r.conditions = s3wire::parse_conditions(c.view);
  r.range = s3wire::parse_range(c.request.fields().find("range"));
  r.if_range = c.raw_header("if-range");
  TRY(r.checksums, s3wire::checksum_mode_enabled(c.view, c.query()));
  if (c.query().has("partNumber")) {
    TRY(r.part, read_part_number(c));
    if (c.request.fields().has("range"))
      return fail(Code::invalid_request, "Cannot specify both Range header and partNumber query parameter");
  }
  if (c.principal.anonymous)
    for (const Override& o : kOverrides)
      if (c.query().has(o.parameter))
        return fail(Code::invalid_request,
                    "Request specific response headers cannot be used for anonymous GET requests.");
  return r;
}

Result<ReadPlan> explain(Context& c, Result<ReadPlan> plan, const store::ObjectInfo& info) {
  if (!plan && plan.error().is(Code::invalid_range)) {
    c.error_fields.emplace_back("RangeRequested", c.raw_header("range"));
    c.error_fields.emplace_back("ActualObjectSize", std::to_string(info.size));
    c.error_headers.emplace_back("Content-Range", "bytes */" + std::to_string(info.size));
  }
  return plan;
}

void write_read_head(Context& c, const ReadPlan& plan, const store::ObjectInfo& info) {
  c.object_size = info.size;
  c.response.status(plan.not_modified ? 304 : plan.partial ? 206 : 200);
  bool overridden = false;
  if (!c.query().empty())
    for (const Override& o : kOverrides) overridden = overridden || !c.query().get(o.parameter).empty();
  if (!overridden) {
    write_object_fields(c.response, info);
  } else {
    store::ObjectInfo shown = info;
    for (const Override& o : kOverrides) {
      const std::string_view value = c.query().get(o.parameter);
      if (value.empty()) continue;
      std::erase_if(shown.attributes.headers,
                    [&](const auto& h) { return s3wire::iequals(h.first, o.field); });
      shown.attributes.headers.emplace_back(o.field, value);
    }
    write_object_fields(c.response, shown);
  }
  write_expiration_field(c, info);
  if (!plan.content_range.empty()) c.response.field("Content-Range", plan.content_range);
  if (plan.parts_count > 0) c.response.field("x-amz-mp-parts-count", std::to_string(plan.parts_count));
  write_checksum_fields(c.response, plan.checksums);
}

Task<void> send_object(Context& c, store::ObjectReader& reader, const ReadPlan& plan) {
  if (plan.not_modified || plan.length == 0) co_return co_await c.response.send();
  CO_TRY(reader.start(plan.offset, plan.length));
  // The first piece is there before the head leaves: an object that cannot be read still gets its error.
  CO_TRY(Slice piece, co_await reader.next());
  c.response.start(plan.length);
  while (!piece.empty()) {
    CO_TRY(co_await c.response.write(std::move(piece)));
    if (c.response.finished()) co_return Status();  // with the last byte that was announced
    CO_TRY(piece, co_await reader.next());
  }
  co_return co_await c.response.finish();
}

}  // namespace cairn::s3
