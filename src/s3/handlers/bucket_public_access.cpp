#include "cairn/s3wire/bucket_settings.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

// The public access block and the ownership setting of a bucket.
namespace cairn::s3 {

Task<void> get_public_access_block(Context& c) {
  return send_config(c, "publicAccessBlock", Code::no_such_public_access_block);
}

Task<void> put_public_access_block(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const s3wire::PublicAccessBlock block, s3wire::parse_public_access_block(*document.text));
  CO_TRY(co_await write_config(c, "publicAccessBlock", s3wire::render_public_access_block(block)));
  co_return co_await send_status(c, 200);
}

Task<void> delete_public_access_block(Context& c) { return remove_config(c, "publicAccessBlock"); }

Task<void> get_bucket_ownership_controls(Context& c) {
  return send_config(c, "ownershipControls", Code::ownership_controls_not_found);
}

Task<void> put_bucket_ownership_controls(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const s3wire::ObjectOwnership ownership, s3wire::parse_ownership_controls(*document.text));
  const store::ObjectLayer::BucketChange change = [ownership](store::BucketInfo& bucket) -> Status {
    const std::string* acl = bucket.find_config("acl");
    if (ownership == s3wire::ObjectOwnership::bucket_owner_enforced && acl)
      TRY(s3wire::check_acls_can_be_disabled(stored_list(*acl, {bucket.owner, {}})));
    bucket.config["ownershipControls"] = s3wire::render_ownership_controls(ownership);
    return {};
  };
  CO_TRY(co_await c.layer().update_bucket(c.bucket(), change));
  co_return co_await send_status(c, 200);
}

Task<void> delete_bucket_ownership_controls(Context& c) { return remove_config(c, "ownershipControls"); }

}  // namespace cairn::s3
