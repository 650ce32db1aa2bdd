#include "cairn/s3wire/acl.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_access.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {

// The version that the request is about, with its bucket.
struct Subject {
  store::Bucket bucket;
  store::ObjectInfo info;
};

Task<Subject> find_subject(Context& c) {
  CO_TRY(const std::string version, read_version_id(c));
  Subject out;
  CO_TRY(out.bucket, co_await c.layer().head_bucket(c.bucket()));
  store::ObjectName name = c.name(version);
  CO_TRY(out.info, co_await c.layer().head(std::move(name)));
  CO_TRY(refuse_delete_marker(c, out.info));
  co_return out;
}

}  // namespace

Task<void> get_object_acl(Context& c) {
  CO_TRY(const Subject subject, co_await find_subject(c));
  const BucketAccessPtr access = c.bucket_accesses.get(*subject.bucket);
  write_version_field(c.response, subject.info);
  const s3wire::AccessList shown =
      with_names(c, effective_object_acl(subject.info, *subject.bucket, *access));
  co_return co_await send_xml(c, s3wire::render_access_control_policy(shown));
}

Task<void> put_object_acl(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  DocumentOptions limits;
  limits.limit = s3wire::kMaxAclBody;
  CO_TRY(const Document document, co_await read_document(c, limits));
  CO_TRY(const s3wire::AclRequest request, s3wire::parse_put_acl(c.view, c.query(), *document.text));
  CO_TRY(const Subject subject, co_await find_subject(c));
  const BucketAccessPtr access = c.bucket_accesses.get(*subject.bucket);
  CO_TRY(s3wire::check_acl_allowed(access->ownership, request, subject.bucket->owner));
  const std::string& owner = subject.info.owner.empty() ? subject.bucket->owner : subject.info.owner;
  const s3wire::AclOwners owners{s3wire::AclTarget::object, owner_named(c, owner),
                                 owner_named(c, subject.bucket->owner)};
  CO_TRY(const s3wire::AccessList list, s3wire::build_access_list(request, owners, accounts_of(c)));
  CO_TRY(check_public_acl(*access, list));
  const store::AttributeChange change =
      [acl = s3wire::encode_access_list(list)](store::ObjectAttributes& attributes) -> Status {
    attributes.acl = acl;
    return {};
  };
  store::ObjectName name = c.name(subject.info.version_id);
  if (!c.query().has("versionId")) name.version_id.clear();
  store::WriteOptions options;
  CO_TRY(const store::ObjectInfo changed,
         co_await c.layer().change_attributes(std::move(name), change, std::move(options)));
  write_version_field(c.response, changed);
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
