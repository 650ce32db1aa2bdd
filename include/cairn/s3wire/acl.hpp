#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/access_list.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/uri.hpp"

// Access control lists on the wire: headers and documents. access_list.hpp says what they mean.
namespace cairn::s3wire {

inline constexpr std::size_t kMaxAclBody = 128u << 10;

// An AccessControlPolicy, its grantees not looked up yet. malformed_acl for what does not fit the schema and
// for more than kMaxGrants grants; invalid_argument for a group that does not exist.
Result<AccessList> parse_access_control_policy(std::string_view xml);
std::string render_access_control_policy(const AccessList& list);

// "public-read"; invalid_argument for a word that is not S3's.
Result<CannedAcl> parse_canned_acl(std::string_view word);

// x-amz-acl and x-amz-grant-read, -write, -read-acp, -write-acp, -full-control, hoisted ones too; empty where
// there is none. invalid_request for both kinds together, invalid_argument for a value that cannot be read,
// for a group that does not exist and for more than kMaxGrants grants.
Result<AclRequest> parse_acl_headers(const HttpRequestView& request, const Query& query);

// What PutBucketAcl and PutObjectAcl ask for, by headers or by body: unexpected_content for both,
// missing_security_header for neither.
Result<AclRequest> parse_put_acl(const HttpRequestView& request, const Query& query, std::string_view body);

}  // namespace cairn::s3wire
