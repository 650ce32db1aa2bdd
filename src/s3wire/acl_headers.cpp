#include <algorithm>
#include <iterator>
#include <utility>

#include "cairn/s3wire/acl.hpp"
#include "cairn/s3wire/headers.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/grantee_xml.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::pair<std::string_view, CannedAcl> kCanned[] = {
    {"private", CannedAcl::private_acl},
    {"public-read", CannedAcl::public_read},
    {"public-read-write", CannedAcl::public_read_write},
    {"authenticated-read", CannedAcl::authenticated_read},
    {"bucket-owner-read", CannedAcl::bucket_owner_read},
    {"bucket-owner-full-control", CannedAcl::bucket_owner_full_control},
    {"log-delivery-write", CannedAcl::log_delivery_write},
    {"aws-exec-read", CannedAcl::aws_exec_read},
};

constexpr std::pair<std::string_view, Permission> kGrantHeaders[] = {
    {"x-amz-grant-read", Permission::read},
    {"x-amz-grant-write", Permission::write},
    {"x-amz-grant-read-acp", Permission::read_acp},
    {"x-amz-grant-write-acp", Permission::write_acp},
    {"x-amz-grant-full-control", Permission::full_control},
};

std::unexpected<Error> bad_format() { return fail(Code::invalid_argument, "Argument format not recognized"); }

// One grantee: id="...", uri="..." or emailAddress="...", with or without quotes. Removes it and the comma
// after it from the list.
Result<Grantee> take_grantee(std::string_view& list) {
  const std::string_view name = trim(cut(list, '='));
  list = trim(list);
  std::string_view value;
  if (list.starts_with('"')) {
    list.remove_prefix(1);
    const std::size_t end = list.find('"');
    if (end == std::string_view::npos) return bad_format();
    value = list.substr(0, end);
    list.remove_prefix(end + 1);
    if (!trim(cut(list, ',')).empty()) return bad_format();
  } else {
    value = trim(cut(list, ','));
    if (value.contains('"')) return bad_format();
  }
  if (value.empty()) return bad_format();
  if (iequals(name, "id")) return Grantee{.id = std::string(value), .display_name = {}};
  if (iequals(name, "emailAddress"))
    return Grantee{.kind = GranteeKind::email, .id = std::string(value), .display_name = {}};
  if (!iequals(name, "uri")) return bad_format();
  const auto group = group_of_uri(value);
  if (!group) return fail(Code::invalid_argument, "Invalid group uri");
  return Grantee{.kind = *group, .id = {}, .display_name = {}};
}

Status take_grants(std::vector<Grant>& out, std::string_view list, Permission permission) {
  do {  // an empty header is no list
    TRY(Grantee grantee, take_grantee(list));
    if (out.size() == kMaxGrants) return fail(Code::invalid_argument, "An ACL can have at most 100 grants.");
    out.push_back({std::move(grantee), permission});
  } while (!trim(list).empty());
  return {};
}

}  // namespace

Result<CannedAcl> parse_canned_acl(std::string_view word) {
  for (const auto& [name, acl] : kCanned)
    if (name == word) return acl;
  return fail(Code::invalid_argument, "The canned ACL is not one of S3's.");
}

Result<AclRequest> parse_acl_headers(const HttpRequestView& request, const Query& query) {
  AclRequest out;
  for (const auto& [name, permission] : kGrantHeaders) {
    for (const HeaderField& h : request.headers)
      if (iequals(h.name, name)) TRY(take_grants(out.grants, h.value, permission));
    if (request.header(name)) continue;
    if (const auto list = header_or_hoisted(request, query, name))
      TRY(take_grants(out.grants, *list, permission));
  }
  if (const auto word = header_or_hoisted(request, query, "x-amz-acl")) {
    if (!out.grants.empty())
      return fail(Code::invalid_request, "Specifying both Canned ACLs and Header Grants is not allowed");
    TRY(out.canned, parse_canned_acl(*word));
  }
  return out;
}

Result<AclRequest> parse_put_acl(const HttpRequestView& request, const Query& query, std::string_view body) {
  TRY(AclRequest out, parse_acl_headers(request, query));
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    if (out.empty()) return fail(Code::missing_security_header);
    return out;
  }
  if (!out.empty()) return fail(Code::unexpected_content);
  TRY(out.document, parse_access_control_policy(body));
  return out;
}

}  // namespace cairn::s3wire
