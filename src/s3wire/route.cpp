#include "cairn/s3wire/route.hpp"

#include <algorithm>
#include <array>

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

enum class Method : std::uint8_t { get, head, put, post, del, options, other };
enum class Level : std::uint8_t { service, bucket, object };

struct Row {
  Operation op;
  Method method;
  Level level;
  std::string_view
      required;  // parameters that must be there, separated by spaces; "name=value" where it matters
  std::string_view optional;  // parameters that may be there
  std::string_view header;    // a header that must be there
};

// From the service model. Of the rows that a request meets, the one with most requirements is it.
constexpr Row kRows[] = {
    // clang-format off
    {Operation::abort_multipart_upload, Method::del, Level::object, "uploadId", "", ""},
    {Operation::complete_multipart_upload, Method::post, Level::object, "uploadId", "", ""},
    {Operation::copy_object, Method::put, Level::object, "", "", "x-amz-copy-source"},
    {Operation::create_bucket, Method::put, Level::bucket, "", "", ""},
    {Operation::create_bucket_metadata_configuration, Method::post, Level::bucket, "metadataConfiguration", "", ""},
    {Operation::create_bucket_metadata_table_configuration, Method::post, Level::bucket, "metadataTable", "", ""},
    {Operation::create_multipart_upload, Method::post, Level::object, "uploads", "", ""},
    {Operation::create_session, Method::get, Level::bucket, "session", "", ""},
    {Operation::delete_bucket, Method::del, Level::bucket, "", "", ""},
    {Operation::delete_bucket_analytics_configuration, Method::del, Level::bucket, "analytics id", "", ""},
    {Operation::delete_bucket_cors, Method::del, Level::bucket, "cors", "", ""},
    {Operation::delete_bucket_encryption, Method::del, Level::bucket, "encryption", "", ""},
    {Operation::delete_bucket_intelligent_tiering_configuration, Method::del, Level::bucket, "intelligent-tiering id", "", ""},
    {Operation::delete_bucket_inventory_configuration, Method::del, Level::bucket, "inventory id", "", ""},
    {Operation::delete_bucket_lifecycle, Method::del, Level::bucket, "lifecycle", "", ""},
    {Operation::delete_bucket_metadata_configuration, Method::del, Level::bucket, "metadataConfiguration", "", ""},
    {Operation::delete_bucket_metadata_table_configuration, Method::del, Level::bucket, "metadataTable", "", ""},
    {Operation::delete_bucket_metrics_configuration, Method::del, Level::bucket, "metrics id", "", ""},
    {Operation::delete_bucket_ownership_controls, Method::del, Level::bucket, "ownershipControls", "", ""},
    {Operation::delete_bucket_policy, Method::del, Level::bucket, "policy", "", ""},
    {Operation::delete_bucket_replication, Method::del, Level::bucket, "replication", "", ""},
    {Operation::delete_bucket_tagging, Method::del, Level::bucket, "tagging", "", ""},
    {Operation::delete_bucket_website, Method::del, Level::bucket, "website", "", ""},
    {Operation::delete_object, Method::del, Level::object, "", "versionId", ""},
    {Operation::delete_object_annotation, Method::del, Level::object, "annotation annotationName", "versionId", ""},
    {Operation::delete_object_tagging, Method::del, Level::object, "tagging", "versionId", ""},
    {Operation::delete_objects, Method::post, Level::bucket, "delete", "", ""},
    {Operation::delete_public_access_block, Method::del, Level::bucket, "publicAccessBlock", "", ""},
    {Operation::get_bucket_abac, Method::get, Level::bucket, "abac", "", ""},
    {Operation::get_bucket_accelerate_configuration, Method::get, Level::bucket, "accelerate", "", ""},
    {Operation::get_bucket_acl, Method::get, Level::bucket, "acl", "", ""},
    {Operation::get_bucket_analytics_configuration, Method::get, Level::bucket, "analytics id", "", ""},
    {Operation::get_bucket_cors, Method::get, Level::bucket, "cors", "", ""},
    {Operation::get_bucket_encryption, Method::get, Level::bucket, "encryption", "", ""},
    {Operation::get_bucket_intelligent_tiering_configuration, Method::get, Level::bucket, "intelligent-tiering id", "", ""},
    {Operation::get_bucket_inventory_configuration, Method::get, Level::bucket, "inventory id", "", ""},
    {Operation::get_bucket_lifecycle_configuration, Method::get, Level::bucket, "lifecycle", "", ""},
    {Operation::get_bucket_location, Method::get, Level::bucket, "location", "", ""},
    {Operation::get_bucket_logging, Method::get, Level::bucket, "logging", "", ""},
    {Operation::get_bucket_metadata_configuration, Method::get, Level::bucket, "metadataConfiguration", "", ""},
    {Operation::get_bucket_metadata_table_configuration, Method::get, Level::bucket, "metadataTable", "", ""},
    {Operation::get_bucket_metrics_configuration, Method::get, Level::bucket, "metrics id", "", ""},
    {Operation::get_bucket_notification_configuration, Method::get, Level::bucket, "notification", "", ""},
    {Operation::get_bucket_ownership_controls, Method::get, Level::bucket, "ownershipControls", "", ""},
    {Operation::get_bucket_policy, Method::get, Level::bucket, "policy", "", ""},
    {Operation::get_bucket_policy_status, Method::get, Level::bucket, "policyStatus", "", ""},
    {Operation::get_bucket_replication, Method::get, Level::bucket, "replication", "", ""},
    {Operation::get_bucket_request_payment, Method::get, Level::bucket, "requestPayment", "", ""},
    {Operation::get_bucket_tagging, Method::get, Level::bucket, "tagging", "", ""},
    {Operation::get_bucket_versioning, Method::get, Level::bucket, "versioning", "", ""},
    {Operation::get_bucket_website, Method::get, Level::bucket, "website", "", ""},
    {Operation::get_object, Method::get, Level::object, "", "response-cache-control response-content-disposition response-content-encoding response-content-language response-content-type response-expires versionId partNumber", ""},
    {Operation::get_object_acl, Method::get, Level::object, "acl", "versionId", ""},
    {Operation::get_object_annotation, Method::get, Level::object, "annotation annotationName", "versionId", ""},
    {Operation::get_object_attributes, Method::get, Level::object, "attributes", "versionId", ""},
    {Operation::get_object_legal_hold, Method::get, Level::object, "legal-hold", "versionId", ""},
    {Operation::get_object_lock_configuration, Method::get, Level::bucket, "object-lock", "", ""},
    {Operation::get_object_retention, Method::get, Level::object, "retention", "versionId", ""},
    {Operation::get_object_tagging, Method::get, Level::object, "tagging", "versionId", ""},
    {Operation::get_object_torrent, Method::get, Level::object, "torrent", "", ""},
    {Operation::get_public_access_block, Method::get, Level::bucket, "publicAccessBlock", "", ""},
    {Operation::head_bucket, Method::head, Level::bucket, "", "", ""},
    {Operation::head_object, Method::head, Level::object, "", "response-cache-control response-content-disposition response-content-encoding response-content-language response-content-type response-expires versionId partNumber", ""},
    {Operation::list_bucket_analytics_configurations, Method::get, Level::bucket, "analytics", "continuation-token", ""},
    {Operation::list_bucket_intelligent_tiering_configurations, Method::get, Level::bucket, "intelligent-tiering", "continuation-token", ""},
    {Operation::list_bucket_inventory_configurations, Method::get, Level::bucket, "inventory", "continuation-token", ""},
    {Operation::list_bucket_metrics_configurations, Method::get, Level::bucket, "metrics", "continuation-token", ""},
    {Operation::list_buckets, Method::get, Level::service, "", "max-buckets continuation-token prefix bucket-region", ""},
    {Operation::list_directory_buckets, Method::get, Level::service, "max-directory-buckets", "continuation-token", ""},
    {Operation::list_multipart_uploads, Method::get, Level::bucket, "uploads", "delimiter encoding-type key-marker max-uploads prefix upload-id-marker", ""},
    {Operation::list_object_annotations, Method::get, Level::object, "annotation", "versionId max-annotation-results annotation-prefix continuation-token", ""},
    {Operation::list_object_versions, Method::get, Level::bucket, "versions", "delimiter encoding-type key-marker max-keys prefix version-id-marker", ""},
    {Operation::list_objects, Method::get, Level::bucket, "", "delimiter encoding-type marker max-keys prefix", ""},
    {Operation::list_objects_v2, Method::get, Level::bucket, "list-type=2", "delimiter encoding-type max-keys prefix continuation-token fetch-owner start-after", ""},
    {Operation::list_parts, Method::get, Level::object, "uploadId", "max-parts part-number-marker", ""},
    {Operation::put_bucket_abac, Method::put, Level::bucket, "abac", "", ""},
    {Operation::put_bucket_accelerate_configuration, Method::put, Level::bucket, "accelerate", "", ""},
    {Operation::put_bucket_acl, Method::put, Level::bucket, "acl", "", ""},
    {Operation::put_bucket_analytics_configuration, Method::put, Level::bucket, "analytics id", "", ""},
    {Operation::put_bucket_cors, Method::put, Level::bucket, "cors", "", ""},
    {Operation::put_bucket_encryption, Method::put, Level::bucket, "encryption", "", ""},
    {Operation::put_bucket_intelligent_tiering_configuration, Method::put, Level::bucket, "intelligent-tiering id", "", ""},
    {Operation::put_bucket_inventory_configuration, Method::put, Level::bucket, "inventory id", "", ""},
    {Operation::put_bucket_lifecycle_configuration, Method::put, Level::bucket, "lifecycle", "", ""},
    {Operation::put_bucket_logging, Method::put, Level::bucket, "logging", "", ""},
    {Operation::put_bucket_metrics_configuration, Method::put, Level::bucket, "metrics id", "", ""},
    {Operation::put_bucket_notification_configuration, Method::put, Level::bucket, "notification", "", ""},
    {Operation::put_bucket_ownership_controls, Method::put, Level::bucket, "ownershipControls", "", ""},
    {Operation::put_bucket_policy, Method::put, Level::bucket, "policy", "", ""},
    {Operation::put_bucket_replication, Method::put, Level::bucket, "replication", "", ""},
    {Operation::put_bucket_request_payment, Method::put, Level::bucket, "requestPayment", "", ""},
    {Operation::put_bucket_tagging, Method::put, Level::bucket, "tagging", "", ""},
    {Operation::put_bucket_versioning, Method::put, Level::bucket, "versioning", "", ""},
    {Operation::put_bucket_website, Method::put, Level::bucket, "website", "", ""},
    {Operation::put_object, Method::put, Level::object, "", "", ""},
    {Operation::put_object_acl, Method::put, Level::object, "acl", "versionId", ""},
    {Operation::put_object_annotation, Method::put, Level::object, "annotation annotationName", "versionId", ""},
    {Operation::put_object_legal_hold, Method::put, Level::object, "legal-hold", "versionId", ""},
    {Operation::put_object_lock_configuration, Method::put, Level::bucket, "object-lock", "", ""},
    {Operation::put_object_retention, Method::put, Level::object, "retention", "versionId", ""},
    {Operation::put_object_tagging, Method::put, Level::object, "tagging", "versionId", ""},
    {Operation::put_public_access_block, Method::put, Level::bucket, "publicAccessBlock", "", ""},
    {Operation::rename_object, Method::put, Level::object, "renameObject", "", ""},
    {Operation::restore_object, Method::post, Level::object, "restore", "versionId", ""},
    {Operation::select_object_content, Method::post, Level::object, "select select-type=2", "", ""},
    {Operation::update_bucket_metadata_annotation_table_configuration, Method::put, Level::bucket, "metadataAnnotationTable", "", ""},
    {Operation::update_bucket_metadata_inventory_table_configuration, Method::put, Level::bucket, "metadataInventoryTable", "", ""},
    {Operation::update_bucket_metadata_journal_table_configuration, Method::put, Level::bucket, "metadataJournalTable", "", ""},
    {Operation::update_object_encryption, Method::put, Level::object, "encryption", "versionId", ""},
    {Operation::upload_part, Method::put, Level::object, "partNumber uploadId", "", ""},
    {Operation::upload_part_copy, Method::put, Level::object, "partNumber uploadId", "", "x-amz-copy-source"},
    {Operation::post_object, Method::post, Level::bucket, "", "", ""},
    // clang-format on
};

constexpr std::string_view kNames[] = {
    // clang-format off
    "Unknown",
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateBucket",
    "CreateBucketMetadataConfiguration",
    "CreateBucketMetadataTableConfiguration",
    "CreateMultipartUpload",
    "CreateSession",
    "DeleteBucket",
    "DeleteBucketAnalyticsConfiguration",
    "DeleteBucketCors",
    "DeleteBucketEncryption",
    "DeleteBucketIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration",
    "DeleteBucketLifecycle",
    "DeleteBucketMetadataConfiguration",
    "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration",
    "DeleteBucketOwnershipControls",
    "DeleteBucketPolicy",
    "DeleteBucketReplication",
    "DeleteBucketTagging",
    "DeleteBucketWebsite",
    "DeleteObject",
    "DeleteObjectAnnotation",
    "DeleteObjectTagging",
    "DeleteObjects",
    "DeletePublicAccessBlock",
    "GetBucketAbac",
    "GetBucketAccelerateConfiguration",
    "GetBucketAcl",
    "GetBucketAnalyticsConfiguration",
    "GetBucketCors",
    "GetBucketEncryption",
    "GetBucketIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration",
    "GetBucketLifecycle",
    "GetBucketLifecycleConfiguration",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketMetadataConfiguration",
    "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration",
    "GetBucketNotification",
    "GetBucketNotificationConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketReplication",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAnnotation",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectLockConfiguration",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "GetPublicAccessBlock",
    "HeadBucket",
    "HeadObject",
    "ListBucketAnalyticsConfigurations",
    "ListBucketIntelligentTieringConfigurations",
    "ListBucketInventoryConfigurations",
    "ListBucketMetricsConfigurations",
    "ListBuckets",
    "ListDirectoryBuckets",
    "ListMultipartUploads",
    "ListObjectAnnotations",
    "ListObjectVersions",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
    "PutBucketAbac",
    "PutBucketAccelerateConfiguration",
    "PutBucketAcl",
    "PutBucketAnalyticsConfiguration",
    "PutBucketCors",
    "PutBucketEncryption",
    "PutBucketIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration",
    "PutBucketLifecycle",
    "PutBucketLifecycleConfiguration",
    "PutBucketLogging",
    "PutBucketMetricsConfiguration",
    "PutBucketNotification",
    "PutBucketNotificationConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketReplication",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutObject",
    "PutObjectAcl",
    "PutObjectAnnotation",
    "PutObjectLegalHold",
    "PutObjectLockConfiguration",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutPublicAccessBlock",
    "RenameObject",
    "RestoreObject",
    "SelectObjectContent",
    "UpdateBucketMetadataAnnotationTableConfiguration",
    "UpdateBucketMetadataInventoryTableConfiguration",
    "UpdateBucketMetadataJournalTableConfiguration",
    "UpdateObjectEncryption",
    "UploadPart",
    "UploadPartCopy",
    "WriteGetObjectResponse",
    "PostObject",
    "OptionsPreflight",
    // clang-format on
};
static_assert(std::size(kNames) == static_cast<std::size_t>(Operation::options_preflight) + 1);

Method method_of(std::string_view m) {
  if (m == "GET") return Method::get;
  if (m == "PUT") return Method::put;
  if (m == "HEAD") return Method::head;
  if (m == "POST") return Method::post;
  if (m == "DELETE") return Method::del;
  if (m == "OPTIONS") return Method::options;
  return Method::other;
}

// Whether a list of words separated by spaces has this one; "name=value" counts as "name".
bool lists(std::string_view words, std::string_view name) {
  while (!words.empty()) {
    std::string_view word = cut(words, ' ');
    if (cut(word, '=') == name) return true;
  }
  return false;
}

// Parameters that every request may carry: "x-..." is ignored by S3 (SDKs add x-id; x-amz-* belong to a
// presigned URL), and Signature V2's are the authentication's. Links made with V2 may also repeat the headers
// that they sign.
bool may_go_anywhere(std::string_view name, const Query& query) {
  if (starts_with_nocase(name, "x-")) return true;
  for (const std::string_view n : {"AWSAccessKeyId", "Signature", "Expires"})
    if (name == n) return true;
  return query.has("AWSAccessKeyId") && (iequals(name, "content-type") || iequals(name, "content-md5"));
}

// A presigned URL may carry the header as a parameter.
bool header_present(const HttpRequestView& request, const Query& query, std::string_view name) {
  return request.header(name) ||
         std::ranges::any_of(query.params(), [&](const QueryParam& p) { return iequals(p.name, name); });
}

bool meets(const Row& row, const HttpRequestView& request, const Query& query) {
  std::string_view words = row.required;
  while (!words.empty()) {
    std::string_view word = cut(words, ' ');
    const bool any_value = word.find('=') == std::string_view::npos;
    const std::string_view name = cut(word, '=');
    const std::string* value = query.find(name);
    if (!value || (!any_value && *value != word)) return false;
  }
  return row.header.empty() || header_present(request, query, row.header);
}

std::size_t weight(const Row& row) {
  return (row.required.empty() ? 0u : 1u + static_cast<std::size_t>(std::ranges::count(row.required, ' '))) +
         (row.header.empty() ? 0u : 1u);
}

// Whether the operation takes every parameter that is there.
bool takes_all(const Row& row, const Query& query) {
  const bool read = row.method == Method::get || row.method == Method::head;
  return std::ranges::all_of(query.params(), [&](const QueryParam& p) {
    if (lists(row.required, p.name) || lists(row.optional, p.name) || may_go_anywhere(p.name, query))
      return true;
    return read && !p.bare && !is_sub_resource(p.name);
  });
}

Operation pick(Method method, Level level, const HttpRequestView& request, const Query& query) {
  const Row* best = nullptr;
  for (const Row& row : kRows) {
    if (row.method != method || row.level != level) continue;
    if (best && weight(row) <= weight(*best)) continue;
    if (meets(row, request, query)) best = &row;
  }
  return best && takes_all(*best, query) ? best->op : Operation::unknown;
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

}  // namespace

std::string virtual_bucket(std::string_view host, std::span<const std::string> domains) {
  host = without_port(host);
  std::string_view best;
  for (const std::string& d : domains) {
    if (host.size() <= d.size() + 1 || d.size() <= best.size()) continue;
    if (host[host.size() - d.size() - 1] == '.' && iequals(host.substr(host.size() - d.size()), d)) best = d;
  }
  return best.empty() ? std::string{} : to_lower(host.substr(0, host.size() - best.size() - 1));
}

bool is_sub_resource(std::string_view name) {
  return std::ranges::any_of(kRows, [&](const Row& r) {
    std::string_view first = r.required.substr(0, r.required.find(' '));
    return cut(first, '=') == name;
  });
}

std::string_view operation_name(Operation op) {
  const auto i = static_cast<std::size_t>(op);
  return i < std::size(kNames) ? kNames[i] : kNames[0];
}

Result<Route> route_request(const HttpRequestView& request, std::span<const std::string> domains) {
  Route route;
  std::string_view path = request.raw_path;
  if (!path.starts_with('/')) return fail(Code::invalid_uri);
  path.remove_prefix(1);
  TRY(route.query, Query::parse(request.raw_query));
  const Method method = method_of(request.method);

  if (!domains.empty()) {
    route.bucket = virtual_bucket(request.header("host").value_or(""), domains);
    route.virtual_hosted = !route.bucket.empty();
  }
  if (!route.virtual_hosted) {
    if (path == "WriteGetObjectResponse" && method == Method::post &&
        header_present(request, route.query, "x-amz-request-route")) {
      route.op = Operation::write_get_object_response;
      return route;
    }
    TRY(route.bucket, percent_decode(cut(path, '/')));
  }
  TRY(route.key, percent_decode(path));
  if (method == Method::options) {
    route.op = Operation::options_preflight;
    return route;
  }
  const Level level = !route.key.empty()      ? Level::object
                      : !route.bucket.empty() ? Level::bucket
                                              : Level::service;
  if (route.bucket.empty() && !route.key.empty()) return fail(Code::invalid_bucket_name);
  if (!route.bucket.empty() && !valid_bucket_name(route.bucket)) return fail(Code::invalid_bucket_name);
  if (!route.key.empty()) TRY(valid_key(route.key));
  route.op = pick(method, level, request, route.query);
  return route;
}

bool valid_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  for (const std::string_view p : {"xn--", "sthree-", "amzn-s3-demo-"})
    if (name.starts_with(p)) return false;
  for (const std::string_view s : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"})
    if (name.ends_with(s)) return false;
  bool only_numbers = true;
  std::size_t labels = 0;
  for (std::string_view rest = name; !rest.empty();) {
    if (rest.front() == '.') return false;
    if (const std::size_t dot = rest.find('.'); dot != std::string_view::npos && dot + 1 == rest.size())
      return false;
    const std::string_view label = cut(rest, '.');
    ++labels;
    if (label.front() == '-' || label.back() == '-') return false;
    for (const char c : label) {
      if (!is_digit(c) && !is_lower_alpha(c) && c != '-') return false;
      only_numbers = only_numbers && is_digit(c);
    }
  }
  return !(labels == 4 && only_numbers);
}

Status valid_key(std::string_view key) {
  constexpr std::size_t kMaxKey = 1024;
  if (key.empty()) return fail(Code::invalid_argument, "The object key is empty.");
  if (key.size() > kMaxKey) return fail(Code::key_too_long);
  if (key.find('\0') != std::string_view::npos || !valid_utf8(key))
    return fail(Code::invalid_argument, "The object key is not UTF-8 text.");
  return {};
}

}  // namespace cairn::s3wire
