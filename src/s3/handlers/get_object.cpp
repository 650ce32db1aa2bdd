#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/read_request.hpp"

namespace cairn::s3 {

Task<void> get_object(Context& c) {
  CO_TRY(const ReadRequest request, read_request(c));
  CO_TRY(std::string version, read_version_id(c));
  CO_TRY(const auto reader, co_await c.layer().open(c.name(std::move(version))));
  const store::ObjectInfo& info = reader->info();
  CO_TRY(refuse_delete_marker(c, info));
  CO_TRY(const ReadPlan plan, explain(c, plan_read(request, info, reader->parts()), info));
  write_read_head(c, plan, info);
  co_return co_await send_object(c, *reader, plan);
}

}  // namespace cairn::s3
