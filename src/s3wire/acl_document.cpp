#include <algorithm>

#include "cairn/s3wire/acl.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/grantee_xml.hpp"

namespace cairn::s3wire {
namespace {

constexpr XmlWords<Permission, 5> kPermissions = {{{"FULL_CONTROL", Permission::full_control},
                                                   {"WRITE", Permission::write},
                                                   {"WRITE_ACP", Permission::write_acp},
                                                   {"READ", Permission::read},
                                                   {"READ_ACP", Permission::read_acp}}};

constexpr XmlWords<GranteeKind, 3> kGroups = {
    {{"http://acs.amazonaws.com/groups/global/AllUsers", GranteeKind::all_users},
     {"http://acs.amazonaws.com/groups/global/AuthenticatedUsers", GranteeKind::authenticated_users},
     {"http://acs.amazonaws.com/groups/s3/LogDelivery", GranteeKind::log_delivery}}};

// The value of xsi:type, whichever prefix the client bound to the namespace.
std::string_view type_of(pugi::xml_node grantee) {
  for (const pugi::xml_attribute a : grantee.attributes()) {
    const std::string_view name = a.name();
    if (name.ends_with(":type") && !name.starts_with("xmlns:")) return a.value();
  }
  return {};
}

Result<Grantee> parse_grantee(pugi::xml_node element) {
  std::optional<std::string> id;
  std::optional<std::string> name;
  std::optional<std::string> uri;
  std::optional<std::string> email;
  TRY(read_fields(element, {{.name = "ID", .text = &id},
                            {.name = "DisplayName", .text = &name},
                            {.name = "URI", .text = &uri},
                            {.name = "EmailAddress", .text = &email}}));
  const std::string_view type = type_of(element);
  Grantee out;
  if (type == "CanonicalUser" && id && !uri && !email) {
    out.id = std::string(trim(*id));
  } else if (type == "AmazonCustomerByEmail" && email && !id && !uri) {
    out.kind = GranteeKind::email;
    out.id = std::string(trim(*email));
  } else if (type == "Group" && uri && !id && !email) {
    const auto group = group_of_uri(trim(*uri));
    if (!group) return fail(Code::invalid_argument, "Invalid group uri");
    out.kind = *group;
    return out;
  } else {
    return malformed_xml();
  }
  if (out.id.empty()) return malformed_xml();
  return out;
}

Result<Owner> parse_owner(pugi::xml_node element) {
  std::optional<std::string> id;
  std::optional<std::string> name;
  TRY(read_fields(element, {{.name = "ID", .text = &id}, {.name = "DisplayName", .text = &name}}));
  if (!id || id->empty()) return malformed_xml();
  return Owner{std::move(*id), name.value_or("")};
}

Result<AccessList> parse_policy(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxAclBody));
  TRY(const pugi::xml_node root, doc.root("AccessControlPolicy"));
  pugi::xml_node owner;
  pugi::xml_node list;
  TRY(read_fields(root, {{.name = "Owner", .node = &owner}, {.name = "AccessControlList", .node = &list}}));
  if (!owner || !list) return malformed_xml();
  AccessList out;
  TRY(out.owner, parse_owner(owner));
  TRY(out.grants, parse_grants(list));
  return out;
}

}  // namespace

std::optional<GranteeKind> group_of_uri(std::string_view uri) {
  const auto group = parse_word(kGroups, std::string(uri));
  return group ? std::optional(*group) : std::nullopt;
}

Result<std::vector<Grant>> parse_grants(pugi::xml_node list) {
  TRY(const auto elements, child_elements(list));
  if (elements.size() > kMaxGrants) return malformed_xml();
  std::vector<Grant> out;
  for (const pugi::xml_node n : elements) {
    if (std::string_view(n.name()) != "Grant") return malformed_xml();
    pugi::xml_node grantee;
    std::optional<std::string> permission;
    TRY(read_fields(n, {{.name = "Grantee", .node = &grantee}, {.name = "Permission", .text = &permission}}));
    Grant grant;
    TRY(grant.permission, parse_word(kPermissions, permission));
    TRY(grant.grantee, parse_grantee(grantee));
    out.push_back(std::move(grant));
  }
  return out;
}

void write_grants(XmlWriter& xml, std::string_view element, const std::vector<Grant>& grants) {
  xml.open(element);
  for (const Grant& g : grants) {
    const GranteeKind kind = g.grantee.kind;
    const std::string_view type = kind == GranteeKind::user    ? "CanonicalUser"
                                  : kind == GranteeKind::email ? "AmazonCustomerByEmail"
                                                               : "Group";
    xml.open("Grant").raw("<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"");
    xml.raw(type).raw("\">");
    if (kind == GranteeKind::user) {
      xml.text("ID", g.grantee.id).optional("DisplayName", g.grantee.display_name);
    } else if (kind == GranteeKind::email) {
      xml.text("EmailAddress", g.grantee.id);
    } else {
      xml.text("URI", word_of(kGroups, kind));
    }
    xml.close("Grantee").text("Permission", word_of(kPermissions, g.permission)).close("Grant");
  }
  xml.close(element);
}

Result<AccessList> parse_access_control_policy(std::string_view xml) {
  auto list = parse_policy(xml);
  if (!list && list.error().is(Code::malformed_xml)) return fail(Code::malformed_acl);
  return list;
}

std::string render_access_control_policy(const AccessList& list) {
  XmlWriter xml("AccessControlPolicy");
  xml.open("Owner").text("ID", list.owner.id).optional("DisplayName", list.owner.display_name).close("Owner");
  write_grants(xml, "AccessControlList", list.grants);
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
