#include "cairn/s3wire/bucket_settings.hpp"

#include <algorithm>

#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/tag_xml.hpp"
#include "s3wire/xml_fields.hpp"

namespace cairn::s3wire {
namespace {

constexpr XmlWords<VersioningState, 2> kVersioning = {
    {{"Enabled", VersioningState::enabled}, {"Suspended", VersioningState::suspended}}};
constexpr XmlWords<AccelerateState, 2> kAccelerate = {
    {{"Enabled", AccelerateState::enabled}, {"Suspended", AccelerateState::suspended}}};
constexpr XmlWords<Payer, 2> kPayers = {
    {{"BucketOwner", Payer::bucket_owner}, {"Requester", Payer::requester}}};
constexpr XmlWords<ObjectOwnership, 3> kOwnerships = {
    {{"BucketOwnerEnforced", ObjectOwnership::bucket_owner_enforced},
     {"BucketOwnerPreferred", ObjectOwnership::bucket_owner_preferred},
     {"ObjectWriter", ObjectOwnership::object_writer}}};

// A document of one leaf that is one of a few words.
template <class E, std::size_t N>
Result<E> parse_single(std::string_view xml, std::string_view root_name, std::string_view leaf_name,
                       const XmlWords<E, N>& words) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root(root_name));
  std::optional<std::string> text;
  TRY(read_fields(root, {{.name = leaf_name, .text = &text}}));
  return parse_word(words, text);
}

Status read_switch(pugi::xml_node element, bool& into) {
  if (!element) return {};
  TRY(into, leaf_bool(element));
  return {};
}

std::string render_single(std::string_view root, std::string_view leaf, std::string_view text) {
  XmlWriter xml(root);
  xml.optional(leaf, text);
  return std::move(xml).finish();
}

}  // namespace

Result<VersioningState> parse_versioning(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root("VersioningConfiguration"));
  std::optional<std::string> status;
  std::optional<std::string> mfa;
  TRY(read_fields(root, {{.name = "Status", .text = &status}, {.name = "MfaDelete", .text = &mfa}}));
  if (mfa && *mfa != "Enabled" && *mfa != "Disabled") return malformed_xml();
  if (!status)
    return fail(Code::illegal_versioning_configuration, "The Versioning element must be specified");
  TRY(const VersioningState state, parse_word(kVersioning, status));
  if (mfa == "Enabled") return fail(Code::not_implemented, "MFA delete is not implemented.");
  return state;
}

std::string render_versioning(VersioningState state) {
  return render_single("VersioningConfiguration", "Status", word_of(kVersioning, state));
}

Result<ObjectOwnership> parse_object_ownership(std::string_view word) {
  auto ownership = parse_word(kOwnerships, std::string(word));
  if (!ownership) return fail(Code::invalid_argument, "The value of x-amz-object-ownership is not valid.");
  return ownership;
}

std::string_view object_ownership_name(ObjectOwnership ownership) { return word_of(kOwnerships, ownership); }

Result<ObjectOwnership> parse_ownership_controls(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root("OwnershipControls"));
  pugi::xml_node rule;
  TRY(read_fields(root, {{.name = "Rule", .node = &rule}}));
  std::optional<std::string> ownership;
  TRY(read_fields(rule, {{.name = "ObjectOwnership", .text = &ownership}}));
  return parse_word(kOwnerships, ownership);
}

std::string render_ownership_controls(ObjectOwnership ownership) {
  XmlWriter xml("OwnershipControls");
  xml.open("Rule").text("ObjectOwnership", object_ownership_name(ownership)).close("Rule");
  return std::move(xml).finish();
}

Result<PublicAccessBlock> parse_public_access_block(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root("PublicAccessBlockConfiguration"));
  pugi::xml_node block_acls;
  pugi::xml_node ignore_acls;
  pugi::xml_node block_policy;
  pugi::xml_node restrict_buckets;
  TRY(read_fields(root, {{.name = "BlockPublicAcls", .node = &block_acls},
                         {.name = "IgnorePublicAcls", .node = &ignore_acls},
                         {.name = "BlockPublicPolicy", .node = &block_policy},
                         {.name = "RestrictPublicBuckets", .node = &restrict_buckets}}));
  PublicAccessBlock out;
  TRY(read_switch(block_acls, out.block_public_acls));
  TRY(read_switch(ignore_acls, out.ignore_public_acls));
  TRY(read_switch(block_policy, out.block_public_policy));
  TRY(read_switch(restrict_buckets, out.restrict_public_buckets));
  return out;
}

std::string render_public_access_block(const PublicAccessBlock& block) {
  XmlWriter xml("PublicAccessBlockConfiguration");
  xml.boolean("BlockPublicAcls", block.block_public_acls)
      .boolean("IgnorePublicAcls", block.ignore_public_acls)
      .boolean("BlockPublicPolicy", block.block_public_policy)
      .boolean("RestrictPublicBuckets", block.restrict_public_buckets);
  return std::move(xml).finish();
}

Result<Payer> parse_request_payment(std::string_view xml) {
  return parse_single(xml, "RequestPaymentConfiguration", "Payer", kPayers);
}

std::string render_request_payment(Payer payer) {
  return render_single("RequestPaymentConfiguration", "Payer", word_of(kPayers, payer));
}

Result<AccelerateState> parse_accelerate(std::string_view xml) {
  return parse_single(xml, "AccelerateConfiguration", "Status", kAccelerate);
}

std::string render_accelerate(AccelerateState state) {
  return render_single("AccelerateConfiguration", "Status", word_of(kAccelerate, state));
}

std::string render_policy_status(bool is_public) {
  // The reference's example has TRUE, but SDKs take only lower case for true.
  return render_single("PolicyStatus", "IsPublic", is_public ? "true" : "false");
}

Result<CreateBucketConfiguration> parse_create_bucket_configuration(std::string_view xml) {
  CreateBucketConfiguration out;
  if (xml.find_first_not_of(" \t\r\n") == std::string_view::npos) return out;
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxTaggingBody));
  TRY(const pugi::xml_node root, doc.root("CreateBucketConfiguration"));
  std::optional<std::string> location;
  pugi::xml_node tags;
  pugi::xml_node zone;
  pugi::xml_node directory;
  TRY(read_fields(root, {{.name = "LocationConstraint", .text = &location},
                         {.name = "Tags", .node = &tags},
                         {.name = "Location", .node = &zone},
                         {.name = "Bucket", .node = &directory}}));
  if (zone || directory)
    return fail(Code::not_implemented,
                "The element " + std::string((zone ? zone : directory).name()) + " is not implemented.");
  if (location) out.location = std::move(*location);
  if (tags) {
    TRY(out.tags, parse_tag_list(tags));
    TRY(check_tags(out.tags, TagTarget::bucket));
  }
  return out;
}

}  // namespace cairn::s3wire
