#include "cairn/s3wire/acl.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_access.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_bucket_acl(Context& c) {
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  const BucketAccessPtr access = c.bucket_accesses.get(*bucket);
  const s3wire::AccessList shown = with_names(c, access->acl);
  co_return co_await send_xml(c, s3wire::render_access_control_policy(shown));
}

Task<void> put_bucket_acl(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  DocumentOptions limits;
  limits.limit = s3wire::kMaxAclBody;
  CO_TRY(const Document document, co_await read_document(c, limits));
  CO_TRY(const s3wire::AclRequest request, s3wire::parse_put_acl(c.view, c.query(), *document.text));
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  const BucketAccessPtr access = c.bucket_accesses.get(*bucket);
  CO_TRY(s3wire::check_acl_allowed(access->ownership, request, bucket->owner));
  const s3wire::Owner owner = owner_named(c, bucket->owner);
  const s3wire::AclOwners owners{s3wire::AclTarget::bucket, owner, owner};
  CO_TRY(const s3wire::AccessList list, s3wire::build_access_list(request, owners, accounts_of(c)));
  CO_TRY(check_public_acl(*access, list));
  CO_TRY(co_await write_config(c, "acl", s3wire::encode_access_list(list)));
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
