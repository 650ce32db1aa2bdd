#include "s3/access_decision.hpp"

#include "s3/operation_actions.hpp"

namespace cairn::s3 {
namespace {
using s3wire::AclTarget;
using s3wire::Permission;

// Writing and deleting need rights to the bucket, whatever is said of the object.
bool changes_the_bucket(s3wire::Operation op) {
  const auto need = s3wire::acl_need(op);
  return need && need->target == AclTarget::bucket && need->permission == Permission::write;
}

bool about_an_upload(s3wire::Operation op) {
  return op == s3wire::Operation::abort_multipart_upload || op == s3wire::Operation::list_parts;
}

bool owns_bucket(const OwnershipQuestion& q) { return !q.caller.empty() && q.caller == q.bucket_owner; }
}  // namespace

bool needs_object(const OwnershipQuestion& q) {
  if (!q.bucket || q.bucket->acls_disabled()) return false;
  return actions_of(q.operation).level == Level::object && !changes_the_bucket(q.operation) &&
         !about_an_upload(q.operation);
}

bool ownership_allows(const OwnershipQuestion& q) {
  if (!q.bucket || (needs_object(q) && !q.looked)) return false;
  if (owns_bucket(q)) {
    if (!needs_object(q) || !q.object || q.object->owner.id == q.caller) return true;
  } else if (needs_object(q) && q.object && !q.caller.empty() && q.object->owner.id == q.caller &&
             !s3wire::acl_need(q.operation)) {
    return true;  // tags and the like, of which ACLs say nothing
  }
  s3wire::AclQuestion acl;
  // Whoever may write parts may end what it began: ids of uploads are not guessed.
  acl.op = about_an_upload(q.operation) ? s3wire::Operation::upload_part : q.operation;
  acl.names_version = q.names_version;
  acl.bucket = &q.bucket->acl;
  acl.object = needs_object(q) ? q.object : nullptr;
  acl.who.id = q.caller;
  acl.who.authenticated = !q.caller.empty();
  return s3wire::acl_allows(acl);
}

AccessVerdict decide(const iam::AccessRequest& request, const iam::PolicySet& policies,
                     const OwnershipQuestion& question) {
  AccessVerdict out;
  out.policies = iam::evaluate(request, policies);
  if (out.policies.decision == iam::Decision::explicit_deny) return out;
  const bool closed = question.bucket && question.bucket->block.restrict_public_buckets &&
                      question.bucket->policy_is_public && question.caller.empty();
  if (out.policies.allowed() && !closed) {
    out.allowed = true;
    return out;
  }
  out.by_ownership = iam::limits_allow(request, policies) && ownership_allows(question);
  out.allowed = out.by_ownership;
  return out;
}

}  // namespace cairn::s3
