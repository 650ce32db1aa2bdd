#include "cairn/s3wire/bucket_settings.hpp"

#include <gtest/gtest.h>

#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/errors.hpp"

#include "xml_document.hpp"

namespace cairn::s3wire {
namespace {

using test::document;

TEST(Errors, CodesOfDocumentsAndAccessLists) {
  for (int c = 170; c <= 177; ++c) {
    const S3Error& e = s3_error(static_cast<Code>(c));
    EXPECT_NE(e.code, "InternalError") << c;
    EXPECT_EQ(e.status, 400) << c;
    EXPECT_EQ(code_of(e.code, e.status), static_cast<Code>(c)) << c;
  }
}

TEST(Versioning, StatesComeBack) {
  EXPECT_EQ(render_versioning(VersioningState::unset), document("VersioningConfiguration", ""));
  EXPECT_EQ(render_versioning(VersioningState::enabled),
            document("VersioningConfiguration", "<Status>Enabled</Status>"));
  for (const auto state : {VersioningState::enabled, VersioningState::suspended})
    EXPECT_EQ(parse_versioning(render_versioning(state)).value(), state);
  EXPECT_EQ(parse_versioning("<VersioningConfiguration>\n <MfaDelete>Disabled</MfaDelete>\n "
                             "<Status>Suspended</Status>\n</VersioningConfiguration>")
                .value(),
            VersioningState::suspended);
}

TEST(Versioning, RefusesTheRest) {
  struct Row {
    std::string_view inside;
    Code code;
  };
  const Row rows[] = {
      {"", Code::illegal_versioning_configuration},
      {"\n", Code::illegal_versioning_configuration},
      {"<MfaDelete>Disabled</MfaDelete>", Code::illegal_versioning_configuration},
      {"<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>", Code::not_implemented},
      {"<Status>Enabled</Status><MfaDelete>On</MfaDelete>", Code::malformed_xml},
      {"<Status>enabled</Status>", Code::malformed_xml},
      {"<Status/>", Code::malformed_xml},
      {"<Status>Enabled</Status><Status>Enabled</Status>", Code::malformed_xml},
      {"<Status>Enabled</Status><Other/>", Code::malformed_xml},
      {"Enabled", Code::malformed_xml},
  };
  for (const Row& row : rows) {
    const auto state = parse_versioning(document("VersioningConfiguration", row.inside));
    ASSERT_FALSE(state.has_value()) << row.inside;
    EXPECT_EQ(state.error().code, row.code) << row.inside;
  }
  EXPECT_EQ(parse_versioning("").error().code, Code::malformed_xml);
  EXPECT_EQ(parse_versioning(document("Versioning", "<Status>Enabled</Status>")).error().code,
            Code::malformed_xml);
  EXPECT_EQ(
      parse_versioning(document("VersioningConfiguration", std::string(kMaxSmallBody, ' '))).error().code,
      Code::malformed_xml);
}

TEST(OwnershipControls, ExactlyOneRule) {
  for (const auto o : {ObjectOwnership::bucket_owner_enforced, ObjectOwnership::bucket_owner_preferred,
                       ObjectOwnership::object_writer}) {
    EXPECT_EQ(parse_ownership_controls(render_ownership_controls(o)).value(), o);
    EXPECT_EQ(parse_object_ownership(object_ownership_name(o)).value(), o);
  }
  const std::string rule = "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>";
  EXPECT_EQ(render_ownership_controls(ObjectOwnership::object_writer), document("OwnershipControls", rule));
  for (const std::string& inside :
       {std::string(), rule + rule, std::string("<Rule/>"), std::string("<Rule><ObjectOwnership/></Rule>"),
        std::string("<Rule><ObjectOwnership>Nobody</ObjectOwnership></Rule>"),
        std::string("<ObjectOwnership>ObjectWriter</ObjectOwnership>")})
    EXPECT_EQ(parse_ownership_controls(document("OwnershipControls", inside)).error().code,
              Code::malformed_xml)
        << inside;
  EXPECT_EQ(parse_object_ownership("objectwriter").error().code, Code::invalid_argument);
}

TEST(PublicAccessBlock, EverySwitchByItself) {
  for (int bits = 0; bits < 16; ++bits) {
    const PublicAccessBlock block{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    EXPECT_EQ(parse_public_access_block(render_public_access_block(block)).value(), block) << bits;
  }
  EXPECT_EQ(render_public_access_block({.block_public_acls = true, .restrict_public_buckets = true}),
            document("PublicAccessBlockConfiguration",
                     "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls>"
                     "<BlockPublicPolicy>false</BlockPublicPolicy>"
                     "<RestrictPublicBuckets>true</RestrictPublicBuckets>"));
  const auto one = parse_public_access_block(
      document("PublicAccessBlockConfiguration", "<IgnorePublicAcls>TRUE</IgnorePublicAcls>"));
  EXPECT_EQ(one.value(), (PublicAccessBlock{.ignore_public_acls = true}));
  for (const std::string_view inside :
       {"<BlockPublicAcls>yes</BlockPublicAcls>", "<BlockPublicAcls/>", "<BlockAll>true</BlockAll>",
        "<BlockPublicAcls>true</BlockPublicAcls><BlockPublicAcls>true</BlockPublicAcls>"})
    EXPECT_EQ(parse_public_access_block(document("PublicAccessBlockConfiguration", inside)).error().code,
              Code::malformed_xml)
        << inside;
}

TEST(RequestPayment, BothPayers) {
  for (const auto payer : {Payer::bucket_owner, Payer::requester})
    EXPECT_EQ(parse_request_payment(render_request_payment(payer)).value(), payer);
  EXPECT_EQ(render_request_payment(Payer::requester),
            document("RequestPaymentConfiguration", "<Payer>Requester</Payer>"));
  for (const std::string_view inside : {"", "<Payer/>", "<Payer>Nobody</Payer>"})
    EXPECT_EQ(parse_request_payment(document("RequestPaymentConfiguration", inside)).error().code,
              Code::malformed_xml)
        << inside;
}

TEST(Accelerate, StatesAndTheUnsetOne) {
  for (const auto state : {AccelerateState::enabled, AccelerateState::suspended})
    EXPECT_EQ(parse_accelerate(render_accelerate(state)).value(), state);
  EXPECT_EQ(render_accelerate(AccelerateState::unset), document("AccelerateConfiguration", ""));
  for (const std::string_view inside : {"", "<Status>On</Status>"})
    EXPECT_EQ(parse_accelerate(document("AccelerateConfiguration", inside)).error().code, Code::malformed_xml)
        << inside;
}

TEST(PolicyStatus, IsReadByClients) {
  EXPECT_EQ(render_policy_status(true), document("PolicyStatus", "<IsPublic>true</IsPublic>"));
  EXPECT_EQ(render_policy_status(false), document("PolicyStatus", "<IsPublic>false</IsPublic>"));
}

TEST(CreateBucketConfiguration, LocationAndTags) {
  const std::string root = "CreateBucketConfiguration";
  for (const std::string& xml :
       {std::string(), std::string(" \n"), document(root, ""), document(root, "\n")}) {
    const auto c = parse_create_bucket_configuration(xml);
    ASSERT_TRUE(c.has_value()) << xml;
    EXPECT_TRUE(c->location.empty() && c->tags.empty()) << xml;
  }
  const auto full = parse_create_bucket_configuration(
      document(root,
               "<LocationConstraint>eu-west-1</LocationConstraint>\n<Tags>\n<Tag><Key>a</Key><Value>b</Value>"
               "</Tag><Tag><Key>c</Key><Value/></Tag></Tags>"));
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(full->location, "eu-west-1");
  EXPECT_EQ(full->tags, (TagSet{{"a", "b"}, {"c", ""}}));
  struct Row {
    std::string_view inside;
    Code code;
  };
  const Row rows[] = {
      {"<Bucket><Type>Directory</Type></Bucket>", Code::not_implemented},
      {"<Location/>", Code::not_implemented},
      {"<Tags><Tag><Key>a</Key></Tag></Tags>", Code::malformed_xml},
      {"<Tags><Tag><Key/><Value/></Tag></Tags>", Code::invalid_tag},
      {"<LocationConstraint>a</LocationConstraint><LocationConstraint>b</LocationConstraint>",
       Code::malformed_xml},
      {"<X/>", Code::malformed_xml},
  };
  for (const Row& row : rows)
    EXPECT_EQ(parse_create_bucket_configuration(document(root, row.inside)).error().code, row.code)
        << row.inside;
  EXPECT_EQ(parse_create_bucket_configuration("").value().location, "");
  EXPECT_EQ(parse_create_bucket_configuration(" \n").value().location, "");
  EXPECT_EQ(parse_create_bucket_configuration("nonsense").error().code, Code::malformed_xml);
}

}  // namespace
}  // namespace cairn::s3wire
