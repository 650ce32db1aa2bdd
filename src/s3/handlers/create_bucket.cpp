#include "cairn/s3wire/acl.hpp"
#include "cairn/s3wire/bucket_settings.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_access.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {
using s3wire::ObjectOwnership;

Status check_location(const std::string& constraint, const std::string& region) {
  if (constraint.empty() || constraint == region || (constraint == "EU" && region == "eu-west-1")) return {};
  return fail(Code::invalid_location_constraint, "The specified location-constraint is not valid");
}

Result<bool> wants_object_lock(const Context& c) {
  const auto lock = c.header("x-amz-bucket-object-lock-enabled");
  if (!lock || s3wire::iequals(*lock, "false")) return false;
  if (s3wire::iequals(*lock, "true")) return true;
  return fail(Code::invalid_argument, "x-amz-bucket-object-lock-enabled must be true or false");
}

// Ownership, public access block and ACL of the new bucket.
Status set_access(const Context& c, store::BucketInfo& bucket) {
  const bool as_aws = c.config.bucket_defaults == BucketDefaults::aws;
  ObjectOwnership ownership =
      as_aws ? ObjectOwnership::bucket_owner_enforced : ObjectOwnership::object_writer;
  const auto header = c.header("x-amz-object-ownership");
  if (header) {
    TRY(ownership, s3wire::parse_object_ownership(*header));
  }
  if (header || as_aws) bucket.config["ownershipControls"] = s3wire::render_ownership_controls(ownership);
  if (as_aws)
    bucket.config["publicAccessBlock"] =
        s3wire::render_public_access_block(s3wire::PublicAccessBlock{true, true, true, true});
  TRY(const s3wire::AclRequest request, s3wire::parse_acl_headers(c.view, c.query()));
  if (request.empty()) return {};
  const s3wire::AclOwners owners{s3wire::AclTarget::bucket, c.owner, c.owner};
  TRY(const s3wire::AccessList list, s3wire::build_access_list(request, owners, accounts_of(c)));
  if (ownership == ObjectOwnership::bucket_owner_enforced) return s3wire::check_acls_can_be_disabled(list);
  if (as_aws && s3wire::is_public(list))
    return fail(Code::access_denied,
                "Public ACLs are blocked by default: put the ACL after the block is off.");
  bucket.config["acl"] = s3wire::encode_access_list(list);
  return {};
}

std::string acl_of(const store::BucketInfo& bucket) {
  const std::string* acl = bucket.find_config("acl");
  return s3wire::encode_access_list(stored_list(acl ? *acl : std::string(), {bucket.owner, {}}));
}

// us-east-1 alone answers 200 to whoever creates a bucket again that is already theirs. With another ACL it
// is refused: the bucket that is there would not be the one that was asked for.
Task<void> answer_existing(Context& c, std::string acl) {
  CO_TRY(const store::Bucket there, co_await c.layer().head_bucket(c.bucket()));
  if (there->owner != c.owner.id || acl_of(*there) != acl) co_return fail(Code::bucket_already_exists);
  if (c.config.region != "us-east-1") co_return fail(Code::bucket_already_owned_by_you);
  co_return Status();
}

}  // namespace

Task<void> create_bucket(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  if (c.identity->anonymous()) co_return fail(Code::access_denied);
  const auto bucket_namespace = c.header("x-amz-bucket-namespace");
  if (bucket_namespace && *bucket_namespace != "global")
    co_return fail(Code::not_implemented, "Bucket namespaces other than global are not supported.");
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const s3wire::CreateBucketConfiguration asked,
         s3wire::parse_create_bucket_configuration(*document.text));
  if (!asked.location.empty()) c.asked.location = asked.location;
  c.asked.bucket_tags = asked.tags;
  CO_TRY(co_await authorize(c, s3wire::Operation::create_bucket, c.bucket(), ""));
  CO_TRY(check_location(asked.location, c.config.region));
  store::BucketInfo bucket;
  bucket.name = c.bucket();
  bucket.region = c.config.region;
  bucket.owner = c.owner.id;
  CO_TRY(bucket.object_lock, wants_object_lock(c));
  if (bucket.object_lock) bucket.versioning = store::Versioning::enabled;
  if (!asked.tags.empty()) bucket.config["tagging"] = s3wire::render_tagging(asked.tags);
  CO_TRY(set_access(c, bucket));
  std::string acl = acl_of(bucket);
  auto created = co_await c.layer().create_bucket(std::move(bucket));
  if (!created && !created.error().is(Code::bucket_already_exists)) co_return fail(created.error());
  if (!created) CO_TRY(co_await answer_existing(c, std::move(acl)));
  c.response.field("Location", "/" + c.bucket());
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
