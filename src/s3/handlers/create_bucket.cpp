#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {
Status check_headers(const Context& c) {
  TRY(refuse_unsupported_write(c));
  const auto lock = c.header("x-amz-bucket-object-lock-enabled");
  if (lock && !s3wire::iequals(*lock, "false"))
    return fail(Code::not_implemented, "Object lock is not supported.");
  const auto ownership = c.header("x-amz-object-ownership");
  if (ownership && *ownership != "BucketOwnerEnforced" && *ownership != "BucketOwnerPreferred")
    return fail(Code::not_implemented, "Object ownership other than the bucket owner's is not supported.");
  const auto bucket_namespace = c.header("x-amz-bucket-namespace");
  if (bucket_namespace && *bucket_namespace != "global")
    return fail(Code::not_implemented, "Bucket namespaces other than global are not supported.");
  return {};
}

Status check_location(const std::string& constraint, const std::string& region) {
  if (constraint.empty() || constraint == region || (constraint == "EU" && region == "eu-west-1")) return {};
  return fail(Code::invalid_location_constraint, "The specified location-constraint is not valid");
}
}  // namespace

Task<void> create_bucket(Context& c) {
  CO_TRY(check_headers(c));
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const std::string constraint, s3wire::parse_create_bucket(*document.text));
  CO_TRY(check_location(constraint, c.config.region));
  store::BucketInfo bucket;
  bucket.name = c.bucket();
  bucket.region = c.config.region;
  bucket.owner = c.owner.id;
  auto created = co_await c.layer().create_bucket(std::move(bucket));
  if (!created) {
    if (!created.error().is(Code::bucket_already_exists)) co_return fail(created.error());
    CO_TRY(const store::Bucket there, co_await c.layer().head_bucket(c.bucket()));
    if (there->owner != c.owner.id) co_return fail(Code::bucket_already_exists);
    // us-east-1 alone answers 200 to whoever creates a bucket again that is already theirs.
    if (c.config.region != "us-east-1") co_return fail(Code::bucket_already_owned_by_you);
  }
  c.response.field("Location", "/" + c.bucket());
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
