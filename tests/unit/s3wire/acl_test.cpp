#include "cairn/s3wire/acl.hpp"

#include <gtest/gtest.h>

#include "cairn/s3wire/logging.hpp"

#include "requests.hpp"
#include "xml_document.hpp"

namespace cairn::s3wire {
namespace {

using test::document;

constexpr std::string_view kXsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

std::string grant_xml(std::string_view type, std::string_view inside, std::string_view permission) {
  std::string out = "<Grant><Grantee ";
  out.append(kXsi).append(" xsi:type=\"").append(type).append("\">").append(inside);
  return out.append("</Grantee><Permission>").append(permission).append("</Permission></Grant>");
}

std::string policy(std::string_view grants, std::string_view owner = "<Owner><ID>me</ID></Owner>") {
  return document("AccessControlPolicy", std::string(owner) + "\n<AccessControlList>" + std::string(grants) +
                                             "</AccessControlList>");
}

Grant grant(GranteeKind kind, std::string id, Permission permission) {
  return {{kind, std::move(id), {}}, permission};
}

TEST(AccessControlPolicy, EveryGranteeAndPermissionComesBack) {
  AccessList list{{"me", "My <Name>"}, {}};
  for (const auto p : {Permission::read, Permission::write, Permission::read_acp, Permission::write_acp,
                       Permission::full_control})
    for (const auto kind : {GranteeKind::user, GranteeKind::email, GranteeKind::all_users,
                            GranteeKind::authenticated_users, GranteeKind::log_delivery}) {
      const bool named = kind == GranteeKind::user || kind == GranteeKind::email;
      list.grants.push_back(grant(kind, named ? "a&b" : "", p));
    }
  const auto again = parse_access_control_policy(render_access_control_policy(list));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->owner.id, "me");
  EXPECT_EQ(again->owner.display_name, "My <Name>");
  EXPECT_EQ(again->grants, list.grants);
}

TEST(AccessControlPolicy, HasAmazonsForm) {
  const AccessList list{{"me", {}},
                        {{{GranteeKind::user, "me", "name"}, Permission::full_control},
                         grant(GranteeKind::all_users, "", Permission::read)}};
  EXPECT_EQ(
      render_access_control_policy(list),
      document("AccessControlPolicy",
               "<Owner><ID>me</ID></Owner><AccessControlList>" +
                   grant_xml("CanonicalUser", "<ID>me</ID><DisplayName>name</DisplayName>", "FULL_CONTROL") +
                   grant_xml("Group", "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>", "READ") +
                   "</AccessControlList>"));
  EXPECT_EQ(
      render_access_control_policy({{"me", {}}, {}}),
      document("AccessControlPolicy", "<Owner><ID>me</ID></Owner><AccessControlList></AccessControlList>"));
}

TEST(AccessControlPolicy, ClientsMayBindAnotherPrefix) {
  const auto list = parse_access_control_policy(
      policy("<Grant><Grantee xmlns:ns2=\"http://www.w3.org/2001/XMLSchema-instance\" "
             "ns2:type=\"CanonicalUser\">\n<ID> you </ID></Grantee>\n<Permission>READ</Permission></Grant>"));
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->grants, (std::vector{grant(GranteeKind::user, "you", Permission::read)}));
}

TEST(AccessControlPolicy, RefusesTheRest) {
  const std::string good = grant_xml("CanonicalUser", "<ID>you</ID>", "READ");
  struct Row {
    std::string xml;
    Code code;
  };
  const Row rows[] = {
      {"", Code::malformed_acl},
      {"nonsense", Code::malformed_acl},
      {document("AccessControl", ""), Code::malformed_acl},
      {policy(good, ""), Code::malformed_acl},
      {policy(good, "<Owner/>"), Code::malformed_acl},
      {policy(good, "<Owner><ID/></Owner>"), Code::malformed_acl},
      {document("AccessControlPolicy", "<Owner><ID>me</ID></Owner>"), Code::malformed_acl},
      {policy(grant_xml("CanonicalUser", "<ID>you</ID>", "EVERYTHING")), Code::malformed_acl},
      {policy(grant_xml("CanonicalUser", "<ID>you</ID>", "read")), Code::malformed_acl},
      {policy(grant_xml("CanonicalUser", "", "READ")), Code::malformed_acl},
      {policy(grant_xml("CanonicalUser", "<ID> </ID>", "READ")), Code::malformed_acl},
      {policy(grant_xml("Canonical User", "<ID>you</ID>", "READ")), Code::malformed_acl},
      {policy(grant_xml("Group", "<ID>you</ID>", "READ")), Code::malformed_acl},
      {policy(grant_xml("AmazonCustomerByEmail", "<ID>you</ID>", "READ")), Code::malformed_acl},
      {policy(grant_xml("CanonicalUser", "<ID>you</ID><URI>x</URI>", "READ")), Code::malformed_acl},
      {policy(grant_xml("Group", "<URI>http://acs.amazonaws.com/groups/global/Authenticated</URI>", "READ")),
       Code::invalid_argument},
      {policy("<Grant><Grantee><ID>you</ID></Grantee><Permission>READ</Permission></Grant>"),
       Code::malformed_acl},
      {policy("<Grant><Permission>READ</Permission></Grant>"), Code::malformed_acl},
      {policy("<Other/>"), Code::malformed_acl},
      {policy(good + std::string(kMaxAclBody, ' ')), Code::malformed_acl},
  };
  for (const Row& row : rows) {
    const auto list = parse_access_control_policy(row.xml);
    ASSERT_FALSE(list.has_value()) << row.xml.substr(0, 400);
    EXPECT_EQ(list.error().code, row.code) << row.xml.substr(0, 400);
  }
}

TEST(AccessControlPolicy, TakesAHundredGrants) {
  const std::string id(64, 'f');
  std::string grants;
  for (std::size_t i = 0; i < kMaxGrants; ++i)
    grants += grant_xml("CanonicalUser", "<ID>" + id + "</ID><DisplayName>" + id + id + "</DisplayName>",
                        "FULL_CONTROL");
  EXPECT_EQ(parse_access_control_policy(policy(grants)).value().grants.size(), kMaxGrants);
  grants += grant_xml("CanonicalUser", "<ID>you</ID>", "READ");
  EXPECT_EQ(parse_access_control_policy(policy(grants)).error().code, Code::malformed_acl);
}

struct Headers {
  test::Request request;
  Result<AclRequest> parse() const {
    return parse_acl_headers(request.view(), Query::parse(request.query).value());
  }
  Result<AclRequest> put(std::string_view body) const {
    return parse_put_acl(request.view(), Query::parse(request.query).value(), body);
  }
};

TEST(AclHeaders, EveryCannedWord) {
  const std::pair<const char*, CannedAcl> rows[] = {
      {"private", CannedAcl::private_acl},
      {"public-read", CannedAcl::public_read},
      {"public-read-write", CannedAcl::public_read_write},
      {"authenticated-read", CannedAcl::authenticated_read},
      {"bucket-owner-read", CannedAcl::bucket_owner_read},
      {"bucket-owner-full-control", CannedAcl::bucket_owner_full_control},
      {"log-delivery-write", CannedAcl::log_delivery_write},
      {"aws-exec-read", CannedAcl::aws_exec_read},
  };
  Headers h;
  EXPECT_TRUE(h.parse().value().empty());
  for (const auto& [word, acl] : rows) {
    h.request.set("X-Amz-Acl", word);
    EXPECT_EQ(h.parse().value().canned, acl) << word;
  }
  for (const char* const word : {"", "public", "Private"}) {
    h.request.set("X-Amz-Acl", word);
    EXPECT_EQ(h.parse().error().code, Code::invalid_argument) << word;
  }
  h.request.headers.clear();
  h.request.query = "x-amz-acl=public-read";
  EXPECT_EQ(h.parse().value().canned, CannedAcl::public_read);
}

TEST(AclHeaders, ListsOfGrantees) {
  Headers h;
  h.request.headers = {
      {"x-amz-grant-full-control", "id=\"me\" , ID=you"},
      {"x-amz-grant-write-acp", "emailAddress=\"a@b.c\", emailaddress=d@e.f,"},
      {"x-amz-grant-read", "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\""},
      {"x-amz-grant-read", "uri=http://acs.amazonaws.com/groups/global/AuthenticatedUsers"},
      {"x-amz-grant-write", "uri = \"http://acs.amazonaws.com/groups/s3/LogDelivery\""},
      {"x-amz-grant-read-acp", "id=\"a,b=c\""},
  };
  const auto acl = h.parse();
  ASSERT_TRUE(acl.has_value()) << acl.error().context;
  const std::vector<Grant> expected = {
      grant(GranteeKind::all_users, "", Permission::read),
      grant(GranteeKind::authenticated_users, "", Permission::read),
      grant(GranteeKind::log_delivery, "", Permission::write),
      grant(GranteeKind::user, "a,b=c", Permission::read_acp),
      grant(GranteeKind::email, "a@b.c", Permission::write_acp),
      grant(GranteeKind::email, "d@e.f", Permission::write_acp),
      grant(GranteeKind::user, "me", Permission::full_control),
      grant(GranteeKind::user, "you", Permission::full_control),
  };
  EXPECT_EQ(acl->grants, expected);
  h.request.headers.clear();
  h.request.query = "x-amz-grant-read=id%3Dyou";
  EXPECT_EQ(h.parse().value().grants, (std::vector{grant(GranteeKind::user, "you", Permission::read)}));
}

TEST(AclHeaders, RefuseWhatTheyCannotRead) {
  for (const char* const value :
       {"", " ", "you", "id", "id=", "id=\"\"", "id=\"you", "id=you\"", "id=\"you\"x", "name=you", "=you",
        ",", "id=you,,id=me", "id=you id=\"me\"", "uri=http://acs.amazonaws.com/groups/global/Nobody"}) {
    Headers h;
    h.request.set("x-amz-grant-read", value);
    const auto acl = h.parse();
    ASSERT_FALSE(acl.has_value()) << value;
    EXPECT_EQ(acl.error().code, Code::invalid_argument) << value;
  }
  Headers h;
  std::string many = "id=0";
  for (int i = 1; i < 100; ++i) many += ",id=" + std::to_string(i);
  h.request.set("x-amz-grant-read", many);
  EXPECT_EQ(h.parse().value().grants.size(), 100u);
  h.request.set("x-amz-grant-write", "id=100");
  EXPECT_EQ(h.parse().error().code, Code::invalid_argument);
}

TEST(AclHeaders, CannedOrGrantsOrBody) {
  const std::string body = policy(grant_xml("CanonicalUser", "<ID>you</ID>", "READ"));
  Headers none;
  EXPECT_EQ(none.put("").error().code, Code::missing_security_header);
  EXPECT_EQ(none.put(" \n").error().code, Code::missing_security_header);
  EXPECT_EQ(none.put(body).value().document.value().grants.size(), 1u);
  EXPECT_EQ(none.put("<x/>").error().code, Code::malformed_acl);
  Headers canned;
  canned.request.set("x-amz-acl", "private");
  EXPECT_EQ(canned.put("").value().canned, CannedAcl::private_acl);
  EXPECT_EQ(canned.put(body).error().code, Code::unexpected_content);
  Headers both;
  both.request.set("x-amz-acl", "private");
  both.request.set("x-amz-grant-read", "id=you");
  EXPECT_EQ(both.parse().error().code, Code::invalid_request);
  EXPECT_EQ(both.parse().error().context, "Specifying both Canned ACLs and Header Grants is not allowed");
}

TEST(BucketLogging, ComesBack) {
  EXPECT_EQ(render_bucket_logging(std::nullopt), document("BucketLoggingStatus", ""));
  EXPECT_FALSE(parse_bucket_logging(document("BucketLoggingStatus", "\n")).value().has_value());
  const LoggingConfiguration plain{"logs", "", {}, LogKeyFormat::unset};
  EXPECT_EQ(render_bucket_logging(plain),
            document("BucketLoggingStatus",
                     "<LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>"
                     "</TargetPrefix></LoggingEnabled>"));
  for (const auto format : {LogKeyFormat::unset, LogKeyFormat::simple, LogKeyFormat::by_event_time,
                            LogKeyFormat::by_delivery_time}) {
    const LoggingConfiguration full{"logs",
                                    "a/" + std::string(kMaxLogPrefix - 2, 'b'),
                                    {grant(GranteeKind::user, "you", Permission::read),
                                     grant(GranteeKind::email, "a@b", Permission::write)},
                                    format};
    const auto again = parse_bucket_logging(render_bucket_logging(full));
    ASSERT_TRUE(again.has_value() && again->has_value());
    EXPECT_EQ((*again)->target_bucket, full.target_bucket);
    EXPECT_EQ((*again)->target_prefix, full.target_prefix);
    EXPECT_EQ((*again)->target_grants, full.target_grants);
    EXPECT_EQ((*again)->key_format, format);
  }
}

TEST(BucketLogging, RefusesTheRest) {
  const std::string bucket = "<TargetBucket>logs</TargetBucket>";
  const std::string prefix = "<TargetPrefix>p</TargetPrefix>";
  const auto format = [&](std::string_view inside) {
    return bucket + prefix + "<TargetObjectKeyFormat>" + std::string(inside) + "</TargetObjectKeyFormat>";
  };
  struct Row {
    std::string inside;
    Code code;
  };
  const Row rows[] = {
      {"", Code::malformed_xml},
      {bucket, Code::malformed_xml},
      {prefix, Code::malformed_xml},
      {"<TargetBucket/>" + prefix, Code::malformed_xml},
      {bucket + prefix + "<Other/>", Code::malformed_xml},
      {bucket + "<TargetPrefix>" + std::string(kMaxLogPrefix + 1, 'p') + "</TargetPrefix>",
       Code::invalid_argument},
      {bucket + prefix + "<TargetGrants><Grant/></TargetGrants>", Code::malformed_xml},
      {format(""), Code::malformed_xml},
      {format("<SimplePrefix/><PartitionedPrefix/>"), Code::malformed_xml},
      {format("<SimplePrefix><X/></SimplePrefix>"), Code::malformed_xml},
      {format("<PartitionedPrefix/>"), Code::malformed_xml},
      {format("<PartitionedPrefix><PartitionDateSource>Now</PartitionDateSource></PartitionedPrefix>"),
       Code::malformed_xml},
  };
  for (const Row& row : rows)
    EXPECT_EQ(parse_bucket_logging(
                  document("BucketLoggingStatus", "<LoggingEnabled>" + row.inside + "</LoggingEnabled>"))
                  .error()
                  .code,
              row.code)
        << row.inside;
}

}  // namespace
}  // namespace cairn::s3wire
