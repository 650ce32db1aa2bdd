#include "cairn/base/parallel.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {
constexpr std::size_t kAtOnce = 32;  // deletes under way for one request: they share the drives' batches

Task<store::DeleteResult> delete_one(Context& c, const s3wire::DeleteTarget& target) {
  CO_TRY(s3wire::valid_key(target.key));
  if (!target.version_id.empty()) CO_TRY(check_version_id(target.version_id));
  std::optional<std::string> version;
  if (!target.version_id.empty()) version = target.version_id;
  CO_TRY(co_await authorize(c, s3wire::Operation::delete_object, c.bucket(), target.key, version));
  store::WriteOptions options;
  options.owner = c.owner.id;
  options.invocation = invocation_of(c, target.key);
  CO_TRY(options.bypass_governance, co_await may_bypass_governance(c, target.key));
  DeleteConditions conditions{target.etag, target.last_modified, target.size};
  if (!conditions.empty()) options.precondition = delete_precondition(std::move(conditions));
  store::ObjectName name{c.bucket(), target.key, target.version_id};
  co_return co_await c.layer().remove(std::move(name), std::move(options));
}

using Outcome = Result<store::DeleteResult>;

Task<void> delete_into(Context& c, const s3wire::DeleteTarget& target, Outcome& outcome) {
  outcome = co_await delete_one(c, target);
  co_return Status();
}

s3wire::DeletedEntry to_entry(const s3wire::DeleteTarget& target, const store::DeleteResult& done) {
  s3wire::DeletedEntry entry{target.key, target.version_id, done.delete_marker, {}};
  if (done.delete_marker)
    entry.delete_marker_version_id =
        done.version_id.empty() && !done.versioned ? std::string() : shown_version(done.version_id);
  return entry;
}
}  // namespace

Task<void> delete_objects(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  DocumentOptions document_options;
  document_options.limit = s3wire::kMaxDeleteBody;
  document_options.must_have_digest = true;
  s3wire::DeleteRequest request;
  {
    CO_TRY(const Document document, co_await read_document(c, document_options));
    CO_TRY(request, s3wire::parse_delete(*document.text));
  }
  CO_TRY(co_await c.layer().head_bucket(c.bucket()));
  std::vector<Outcome> outcomes(request.objects.size());
  const auto delete_at = [&](std::size_t i) { return delete_into(c, request.objects[i], outcomes[i]); };
  CO_TRY(co_await for_each_parallel(request.objects.size(), kAtOnce, delete_at));
  s3wire::DeleteResult result;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& target = request.objects[i];
    if (!outcomes[i])
      result.errors.push_back({target.key, target.version_id, outcomes[i].error()});
    else if (!request.quiet)
      result.deleted.push_back(to_entry(target, *outcomes[i]));
  }
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
