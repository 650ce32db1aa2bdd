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
  if (plan.not_modified || plan.length == 0) co_return co_await c.response.send();
  CO_TRY(reader->start(plan.offset, plan.length));
  // The first piece is there before the head leaves: an object that cannot be read still gets its error.
  CO_TRY(Slice piece, co_await reader->next());
  c.response.start(plan.length);
  while (!piece.empty()) {
    CO_TRY(co_await c.response.write(std::move(piece)));
    if (c.response.finished()) co_return Status();  // with the last byte that was announced
    CO_TRY(piece, co_await reader->next());
  }
  co_return co_await c.response.finish();
}

}  // namespace cairn::s3
