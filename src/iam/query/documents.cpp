#include "cairn/iam/bound_principals.hpp"

#include "iam/query/call.hpp"

// The elements of IAM's answers: names and order of the service model.
namespace cairn::iam::query {
namespace {

void write_boundary(s3wire::XmlWriter& out, const std::string& arn) {
  if (arn.empty()) return;
  out.open("PermissionsBoundary")
      .text("PermissionsBoundaryType", "Policy")
      .text("PermissionsBoundaryArn", arn)
      .close("PermissionsBoundary");
}

}  // namespace

void write_tags(s3wire::XmlWriter& out, const TagList& tags) {
  if (tags.empty()) return;
  out.open("Tags");
  for (const Tag& t : tags) out.open("member").text("Key", t.key).text("Value", t.value).close("member");
  out.close("Tags");
}

void write_user(s3wire::XmlWriter& out, const User& u) {
  out.text("Path", u.path)
      .text("UserName", u.name)
      .text("UserId", u.id)
      .text("Arn", user_arn(u))
      .text("CreateDate", xml_time(u.created));
  write_boundary(out, u.boundary);
  write_tags(out, u.tags);
}

void write_group(s3wire::XmlWriter& out, const Group& g) {
  out.text("Path", g.path)
      .text("GroupName", g.name)
      .text("GroupId", g.id)
      .text("Arn", group_arn(g))
      .text("CreateDate", xml_time(g.created));
}

void write_role(s3wire::XmlWriter& out, const Role& r, const IdentityStore& store) {
  out.text("Path", r.path)
      .text("RoleName", r.name)
      .text("RoleId", r.id)
      .text("Arn", role_arn(r))
      .text("CreateDate", xml_time(r.created))
      .text("AssumeRolePolicyDocument", encoded_document(shown_policy(r.trust, r.trust_ids, store)))
      .optional("Description", r.description)
      .number("MaxSessionDuration", r.max_session);
  write_boundary(out, r.boundary);
  write_tags(out, r.tags);
}

void write_policy(const Call& call, s3wire::XmlWriter& out, const ManagedPolicy& p) {
  const auto uses = call.store.read([&](const Directory& d) { return d.uses_of(p); });
  out.text("PolicyName", p.name)
      .text("PolicyId", p.id)
      .text("Arn", policy_arn(p))
      .text("Path", p.path)
      .text("DefaultVersionId", "v" + std::to_string(p.default_version))
      .number("AttachmentCount", uses.attachments())
      .number("PermissionsBoundaryUsageCount", uses.boundaries())
      .boolean("IsAttachable", true)
      .optional("Description", p.description)
      .text("CreateDate", xml_time(p.created))
      .text("UpdateDate", xml_time(p.updated));
  write_tags(out, p.tags);
}

}  // namespace cairn::iam::query
