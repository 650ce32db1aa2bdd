#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/http/message.hpp"
#include "cairn/iam/identity.hpp"
#include "cairn/s3/service.hpp"
#include "cairn/s3wire/access_list.hpp"
#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/object_lock.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/route.hpp"
#include "cairn/s3wire/sigv4.hpp"
#include "cairn/s3wire/tagging.hpp"

#include "s3/bucket_access.hpp"

namespace cairn::s3 {

// Who makes a request, in short.
struct Principal {
  bool anonymous = true;
  std::string_view access_key;
};

// What the body of a request asks for, as far as policies can ask about it: read before authorize(), by the
// handlers that authorize themselves.
struct AskedByBody {
  std::optional<std::string> location;         // CreateBucket
  s3wire::TagSet bucket_tags;                  // CreateBucket
  std::optional<s3wire::TagSet> object_tags;   // PutObjectTagging, PostObject
  std::optional<s3wire::Retention> retention;  // PutObjectRetention
  std::optional<bool> legal_hold;              // PutObjectLegalHold
};

// One request on its way from the router to its handler and back. Lives in the frame of S3Service::handle,
// used by that coroutine only. Everything it refers to outlives it.
struct Context {
  const ServiceParts& parts;
  const ServiceConfig& config;
  BucketAccessCache& bucket_accesses;
  http::Request& request;
  http::Response& response;

  std::vector<s3wire::HeaderField> headers;
  s3wire::HttpRequestView view;
  s3wire::Route route;
  s3wire::AuthClaim claim;
  s3wire::ChunkSigner chunk_signer;
  Principal principal;
  iam::IdentityPtr identity = iam::anonymous_identity();  // never null
  s3wire::Owner owner;                                    // the caller: who owns what it makes
  store::Bucket bucket_info;  // of the request's bucket, once authorize() has looked at it
  AskedByBody asked;
  bool tags_new_object = false;  // tags come by another way than x-amz-tagging: of a form, of a copy's source
  store::ObjectName hidden;      // a key that, if it is missing, must not be told from a forbidden one
  std::string denial;            // the last refusal, for the client
  std::string decided_by;        // and for the log
  bool website = false;          // it is a request to a website, not to S3
  UnixMillis now = 0;
  std::vector<s3wire::ErrorField> error_fields;   // what an error document says besides code and message
  std::vector<s3wire::ErrorField> error_headers;  // and what its head says
  std::uint64_t bytes_received = 0;               // of the body, unframed
  std::optional<std::uint64_t> object_size;       // of what was read or written, for the access log

  store::ObjectLayer& layer() const { return parts.layer; }
  const std::string& bucket() const { return route.bucket; }
  const std::string& key() const { return route.key; }
  const s3wire::Query& query() const { return route.query; }
  // The object of the request. (Calls of coroutines take names from here or from a variable, and no braces:
  // GCC 12 destroys a braced temporary in a co_await expression twice.)
  store::ObjectName name(std::string version_id = {}) const {
    return {route.bucket, route.key, std::move(version_id)};
  }
  // A header, or the same as a parameter of a presigned URL.
  std::optional<std::string> header(std::string_view name) const;
  // The header as it was sent, without a copy.
  std::string_view raw_header(std::string_view name) const { return request.field(name); }
};

using Handler = Task<void> (*)(Context&);

// The handler of an operation; nullptr where there is none yet.
Handler find_handler(s3wire::Operation operation);

// ---- Who asks (authenticate.cpp) ----

// The identity of an access key and a session token; the caller then checks a signature with its secret and
// calls act_as(). invalid_access_key_id, invalid_token, expired_token, service_unavailable.
Result<iam::IdentityPtr> find_identity(const Context& c, std::string_view access_key, std::string_view token);
// From here on the request is this one's.
void act_as(Context& c, iam::IdentityPtr who);
inline const s3wire::Owner& caller_owner(const Context& c) { return c.owner; }
// An owner by its canonical id, with the name it is known by now; empty for who is gone.
s3wire::Owner owner_named(const Context& c, const std::string& canonical_id);

// ---- What it may (authorize.cpp) ----

// Whether the caller may carry out an operation: asked once for the request itself, with all that its headers
// ask for, and by handlers for what else they touch (a copy's source, each key of DeleteObjects). Policies of
// the identity and of the bucket decide, then who owns it and ACLs. access_denied, with a message for the
// client; no_such_bucket.
Task<void> authorize(Context& c, s3wire::Operation operation, std::string bucket, std::string key,
                     std::optional<std::string> version_id = std::nullopt);
// The request's own operation on what its path and its versionId name.
Task<void> authorize_request(Context& c);
// Whether policies, or being the bucket's owner, allow one action more ("s3:BypassGovernanceRetention"), on
// an object or, without a key, on the bucket.
Task<bool> is_allowed(Context& c, std::string action, std::string bucket, std::string key,
                      std::optional<std::string> version_id = std::nullopt);
// Whether the caller may list a key of a bucket, and so may know that it is not there.
Task<bool> may_list(Context& c, std::string bucket, std::string key);
// Whether the caller may ask for its buckets at all.
enum class BucketsView { denied, own, listed };
BucketsView view_of_buckets(Context& c);
// Whether a policy, the caller's or the bucket's, lets the caller find a bucket that is another's.
bool policy_opens(Context& c, const store::BucketInfo& bucket);
// The list of an object that is in force in its bucket.
s3wire::AccessList effective_object_acl(const store::ObjectInfo& info, const store::BucketInfo& bucket,
                                        const BucketAccess& access);

}  // namespace cairn::s3
