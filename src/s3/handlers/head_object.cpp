#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/read_request.hpp"

namespace cairn::s3 {
namespace {
Task<void> answer(Context& c, const ReadRequest& request, const store::ObjectInfo& info,
                  const std::vector<store::PartInfo>& parts) {
  CO_TRY(refuse_delete_marker(c, info));
  CO_TRY(const ReadPlan plan, explain(c, plan_read(request, info, parts), info));
  write_read_head(c, plan, info);
  if (plan.not_modified) co_return co_await c.response.send();
  c.response.start(plan.length);
  co_return co_await c.response.finish();
}
}  // namespace

Task<void> head_object(Context& c) {
  CO_TRY(const ReadRequest request, read_request(c));
  CO_TRY(std::string version, read_version_id(c));
  store::ObjectName name = c.name(std::move(version));
  if (request.part) {  // only an opened object knows its parts
    CO_TRY(const auto reader, co_await c.layer().open(std::move(name)));
    co_return co_await answer(c, request, reader->info(), reader->parts());
  }
  CO_TRY(const store::ObjectInfo info, co_await c.layer().head(std::move(name)));
  const std::vector<store::PartInfo> none;
  co_return co_await answer(c, request, info, none);
}

}  // namespace cairn::s3
