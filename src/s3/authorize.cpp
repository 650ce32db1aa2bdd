#include <algorithm>
#include <utility>

#include "cairn/base/log.hpp"

#include "s3/access_decision.hpp"
#include "s3/condition_keys.hpp"
#include "s3/context.hpp"
#include "s3/operation_actions.hpp"

namespace cairn::s3 {
namespace {
using s3wire::Operation;

constexpr std::string_view kGrantHeaders[] = {"x-amz-grant-full-control", "x-amz-grant-read",
                                              "x-amz-grant-read-acp", "x-amz-grant-write",
                                              "x-amz-grant-write-acp"};

bool has_header(const Context& c, std::string_view name) {
  const auto value = c.header(name);
  return value && !value->empty();
}

// Whether a write asks for more than the owner's own rights: private is what it gets anyway.
bool asks_for_acl(const Context& c) {
  const auto canned = c.header("x-amz-acl");
  if (canned && *canned != "private") return true;
  return std::ranges::any_of(kGrantHeaders, [&](std::string_view name) { return has_header(c, name); });
}

void add_for_new_object(const Context& c, std::vector<std::string_view>& out) {
  if (c.tags_new_object || has_header(c, "x-amz-tagging")) out.emplace_back("PutObjectTagging");
  if (asks_for_acl(c)) out.emplace_back("PutObjectAcl");
  if (has_header(c, "x-amz-object-lock-mode") || has_header(c, "x-amz-object-lock-retain-until-date"))
    out.emplace_back("PutObjectRetention");
  if (has_header(c, "x-amz-object-lock-legal-hold")) out.emplace_back("PutObjectLegalHold");
}

void add_for_new_bucket(const Context& c, std::vector<std::string_view>& out) {
  if (asks_for_acl(c)) out.emplace_back("PutBucketAcl");
  if (has_header(c, "x-amz-object-ownership")) out.emplace_back("PutBucketOwnershipControls");
  if (!c.asked.bucket_tags.empty()) out.emplace_back("TagResource");
  if (const auto lock = c.header("x-amz-bucket-object-lock-enabled");
      lock && s3wire::iequals(*lock, "true")) {
    out.emplace_back("PutBucketObjectLockConfiguration");
    out.emplace_back("PutBucketVersioning");
  }
}

// Every action that the caller must be allowed: that of the operation first, then what its headers ask for.
std::vector<std::string_view> needed_actions(const Context& c, Operation op, bool names_version) {
  const OperationActions& row = actions_of(op);
  std::vector<std::string_view> out;
  if (row.action.empty()) return out;
  const bool versioned = names_version && !row.with_version.empty();
  out.push_back(versioned ? row.with_version : row.action);
  if (!row.besides.empty()) out.push_back(versioned ? row.besides_with_version : row.besides);
  if (op == Operation::put_object || op == Operation::copy_object || op == Operation::create_multipart_upload)
    add_for_new_object(c, out);
  if (op == Operation::create_bucket) add_for_new_bucket(c, out);
  return out;
}

std::string action_name(std::string_view action) {
  return action.find(':') == std::string_view::npos ? "s3:" + std::string(action) : std::string(action);
}

std::string resource_name(Level level, std::string_view bucket, std::string_view key) {
  std::string out = "arn:aws:s3:::";
  if (level == Level::service) return out + "*";
  out.append(bucket);
  if (level == Level::object) out.append("/").append(key);
  return out;
}

std::string denial(const Context& c, const iam::AccessRequest& request, const AccessVerdict& verdict) {
  if (c.identity->anonymous()) return "Access Denied";
  std::string out = "User: " + c.identity->principal.arn +
                    " is not authorized to perform: " + request.action + " on resource: \"" +
                    request.resource + "\"";
  using iam::Source;
  const bool denied = verdict.policies.decision == iam::Decision::explicit_deny;
  switch (verdict.policies.source) {
    case Source::resource:
      return out + " with an explicit deny in a resource-based policy";
    case Source::session:
      return out + (denied ? " with an explicit deny in a session policy"
                           : " because no session policy allows the " + request.action + " action");
    case Source::boundary:
      return out + (denied ? " with an explicit deny in a permissions boundary"
                           : " because no permissions boundary allows the " + request.action + " action");
    case Source::identity:
      return out + " with an explicit deny in an identity-based policy";
    default:
      return out + " because no identity-based policy allows the " + request.action + " action";
  }
}

// Root is held up by bucket policies and by its own session policies only.
bool is_free(const Context& c, const BucketAccess* access) {
  return c.identity->is_root() && c.identity->limits.empty() && (!access || !access->policy);
}

// One question on its way.
struct Question {
  Operation operation{};
  std::string bucket, key;
  std::optional<std::string> version_id;
  store::Bucket info;
  BucketAccessPtr access;
  std::optional<store::ObjectInfo> object;  // looked at where something asks for it
  bool looked = false;
  s3wire::AccessList object_acl;
  std::optional<std::string> prefix;  // of a listing that nobody sent
};

OwnershipQuestion ownership_of(const Context& c, const Question& q) {
  OwnershipQuestion out;
  out.operation = q.operation;
  out.names_version = q.version_id.has_value();
  out.bucket = q.access.get();
  if (q.info) out.bucket_owner = q.info->owner;
  out.looked = q.looked;
  out.object = q.object ? &q.object_acl : nullptr;
  if (!c.identity->anonymous()) out.caller = c.identity->principal.canonical_id;
  return out;
}

Task<void> look_at_object(Context& c, Question& q) {
  if (q.looked || q.key.empty()) co_return Status();
  q.looked = true;
  store::ObjectName name{q.bucket, q.key, q.version_id.value_or("")};
  auto found = co_await c.layer().head(std::move(name));
  if (!found) {
    const Code code = found.error().code;
    if (code == Code::no_such_key || code == Code::no_such_version) co_return Status();
    co_return fail(std::move(found).error());
  }
  q.object_acl = effective_object_acl(*found, *q.info, *q.access);
  q.object = std::move(*found);
  co_return Status();
}

bool asks_for_existing_tags(const Context& c, const Question& q) {
  constexpr std::string_view kPrefix = "s3:existingobjecttag/";
  if (c.identity->asks_for(kPrefix)) return true;
  if (!q.access) return false;
  const auto at = std::ranges::lower_bound(q.access->asked_keys, kPrefix);
  return at != q.access->asked_keys.end() && at->starts_with(kPrefix);
}

// Whether one action is allowed; looks at the object only if the answer hangs on it.
Task<AccessVerdict> ask(Context& c, Question& q, std::string_view action, Level level) {
  static const std::vector<std::string> none;
  if (asks_for_existing_tags(c, q)) CO_TRY(co_await look_at_object(c, q));
  const AccessTarget target{q.operation, q.version_id ? std::string_view(*q.version_id) : std::string_view(),
                            q.object ? &*q.object : nullptr, q.prefix ? &*q.prefix : nullptr};
  const iam::AccessRequest request{
      c.identity->principal, action_name(action), resource_name(level, q.bucket, q.key),
      condition_context(c, target, c.identity->asked_keys, q.access ? q.access->asked_keys : none)};
  iam::PolicySet policies = c.identity->policies();
  if (q.access) policies.resource = q.access->attached;
  AccessVerdict verdict = decide(request, policies, ownership_of(c, q));
  const bool undecided =
      !verdict.allowed && verdict.policies.decision != iam::Decision::explicit_deny && !q.looked;
  if (undecided && needs_object(ownership_of(c, q))) {
    CO_TRY(co_await look_at_object(c, q));
    verdict = decide(request, policies, ownership_of(c, q));
  }
  if (!verdict.allowed) {
    c.denial = denial(c, request, verdict);
    c.decided_by = iam::describe(verdict.policies);
  }
  co_return verdict;
}

bool hides_missing_objects(Operation op) {
  const auto need = s3wire::acl_need(op);
  return actions_of(op).level == Level::object && (!need || need->target == s3wire::AclTarget::object);
}

Task<Question> prepare(Context& c, Operation op, std::string bucket, std::string key,
                       std::optional<std::string> version_id) {
  Question q{op, std::move(bucket), std::move(key), std::move(version_id), nullptr, nullptr, {}, false, {},
             {}};
  if (q.bucket.empty() || op == Operation::create_bucket) co_return q;
  CO_TRY(q.info, co_await c.layer().head_bucket(q.bucket));
  q.access = c.bucket_accesses.get(*q.info);
  if (q.bucket == c.bucket()) c.bucket_info = q.info;
  co_return q;
}

// A bucket that is yet to be made is its maker's; what limits the credential limits that, too.
void own_from_here(const Context& c, Question& q) {
  if (q.access) return;
  store::BucketInfo bucket;
  bucket.name = q.bucket;
  bucket.owner = c.identity->principal.canonical_id;
  q.access = compile_bucket_access(bucket);
  q.info = std::make_shared<const store::BucketInfo>(std::move(bucket));
}

std::unexpected<Error> denied(const Context& c) { return fail(Code::access_denied, c.denial); }

// A key that is not there: whoever may list it is told so by the handler, all others get 403.
Task<void> may_know_it_is_missing(Context& c, Question& q) {
  if (!q.looked || q.object) co_return denied(c);
  std::string denial_of_it = c.denial;
  Question listing = q;
  listing.operation = Operation::list_objects_v2;
  listing.prefix = std::exchange(listing.key, {});
  listing.version_id.reset();
  CO_TRY(const AccessVerdict verdict, co_await ask(c, listing, "ListBucket", Level::bucket));
  if (verdict.allowed) co_return Status();
  c.denial = std::move(denial_of_it);
  co_return denied(c);
}
}  // namespace

Task<void> authorize(Context& c, Operation operation, std::string bucket, std::string key,
                     std::optional<std::string> version_id) {
  CO_TRY(Question q,
         co_await prepare(c, operation, std::move(bucket), std::move(key), std::move(version_id)));
  if (hides_missing_objects(operation)) c.hidden = {q.bucket, q.key, {}};
  if (is_free(c, q.access.get())) co_return Status();
  const auto actions = needed_actions(c, operation, q.version_id.has_value());
  if (actions.empty()) co_return Status();
  const Level level = actions_of(operation).level;
  for (const std::string_view action : actions) {
    // What locks an object is the bucket owner's to allow, whoever else may write.
    if (action.starts_with("PutObjectRetention") || action.starts_with("PutObjectLegalHold"))
      q.operation = Operation::unknown;
    CO_TRY(const AccessVerdict verdict, co_await ask(c, q, action, level));
    q.operation = operation;
    // Who may make a bucket will own it, and so may set what it is made with.
    if (verdict.allowed && operation == Operation::create_bucket) own_from_here(c, q);
    if (verdict.allowed) continue;
    const bool by_nobody = verdict.policies.decision == iam::Decision::implicit_deny;
    if (action == actions.front() && by_nobody && hides_missing_objects(operation))
      co_return co_await may_know_it_is_missing(c, q);
    co_return denied(c);
  }
  co_return Status();
}

Task<void> authorize_request(Context& c) {
  std::optional<std::string> version;
  if (const std::string* id = c.query().find("versionId")) version = *id;
  co_return co_await authorize(c, c.route.op, c.bucket(), c.key(), std::move(version));
}

Task<bool> is_allowed(Context& c, std::string action, std::string bucket, std::string key,
                      std::optional<std::string> version_id) {
  CO_TRY(Question q,
         co_await prepare(c, Operation::unknown, std::move(bucket), std::move(key), std::move(version_id)));
  if (is_free(c, q.access.get())) co_return true;
  const Level level = q.key.empty() ? Level::bucket : Level::object;
  CO_TRY(const AccessVerdict verdict, co_await ask(c, q, action, level));
  co_return verdict.allowed;
}

Task<bool> may_list(Context& c, std::string bucket, std::string key) {
  CO_TRY(Question q, co_await prepare(c, Operation::list_objects_v2, std::move(bucket), "", std::nullopt));
  q.prefix = std::move(key);
  if (is_free(c, q.access.get())) co_return true;
  CO_TRY(const AccessVerdict verdict, co_await ask(c, q, "ListBucket", Level::bucket));
  co_return verdict.allowed;
}

namespace {
// What policies alone say of an action on a bucket, or on none.
iam::Verdict ask_policies(Context& c, const BucketAccess* access, std::string_view action,
                          const std::string& resource) {
  static const std::vector<std::string> none;
  const AccessTarget target{Operation::unknown, {}, nullptr, nullptr};
  const iam::AccessRequest request{
      c.identity->principal, action_name(action), resource,
      condition_context(c, target, c.identity->asked_keys, access ? access->asked_keys : none)};
  iam::PolicySet policies = c.identity->policies();
  if (access) policies.resource = access->attached;
  const iam::Verdict verdict = iam::evaluate(request, policies);
  if (!verdict.allowed()) c.denial = denial(c, request, AccessVerdict{false, false, verdict});
  return verdict;
}
}  // namespace

BucketsView view_of_buckets(Context& c) {
  if (c.identity->anonymous()) return BucketsView::denied;
  const iam::Verdict v = ask_policies(c, nullptr, "ListAllMyBuckets", resource_name(Level::service, "", ""));
  if (v.allowed()) return BucketsView::listed;
  return v.decision == iam::Decision::explicit_deny ? BucketsView::denied : BucketsView::own;
}

bool policy_opens(Context& c, const store::BucketInfo& bucket) {
  const BucketAccessPtr access = c.bucket_accesses.get(bucket);
  const std::string resource = resource_name(Level::bucket, bucket.name, "");
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"ListBucket", "GetBucketLocation", "ListBucketVersions"},
      [&](std::string_view action) { return ask_policies(c, access.get(), action, resource).allowed(); });
}

s3wire::AccessList effective_object_acl(const store::ObjectInfo& info, const store::BucketInfo& bucket,
                                        const BucketAccess& access) {
  const s3wire::Owner owner{info.owner.empty() ? bucket.owner : info.owner, {}};
  const s3wire::Owner bucket_owner{bucket.owner, {}};
  return s3wire::effective_access_list(stored_list(info.attributes.acl, owner), access.ownership,
                                       bucket_owner, access.block.ignore_public_acls);
}

}  // namespace cairn::s3
