#include <algorithm>
#include <charconv>

#include "iam/query/call.hpp"
#include "iam/text.hpp"

// Managed policies and their versions.
namespace cairn::iam::query {
namespace {

std::string version_name(std::uint32_t number) { return "v" + std::to_string(number); }

Result<std::uint32_t> read_version(const Call& c) {
  auto text = c.required("VersionId");
  if (!text) return fail(std::move(text).error());
  std::uint32_t number = 0;
  const char* const first = text->data() + 1;
  const char* const end = text->data() + text->size();
  if (text->front() != 'v' || std::from_chars(first, end, number).ptr != end || number == 0)
    return fail(Code::validation_error, "VersionId must be v and a number.");
  return number;
}

std::unexpected<Error> no_such_version(const ManagedPolicy& p, std::uint32_t number) {
  return fail(Code::no_such_entity,
              "Policy " + policy_arn(p) + " version " + version_name(number) + " does not exist.");
}

// The policy that a request wants to change; those that are built in cannot be.
Result<Ref<ManagedPolicy>> own_policy(const Call& c) {
  auto policy = find_policy(c);
  if (policy && (*policy)->built_in)
    return fail(Code::access_denied,
                "The policy " + policy_arn(**policy) + " is built in and cannot be changed.");
  return policy;
}

void write_version(s3wire::XmlWriter& out, const ManagedPolicy& p, const PolicyVersion& v, bool document) {
  if (document) out.text("Document", encoded_document(v.text));
  out.text("VersionId", version_name(v.number))
      .boolean("IsDefaultVersion", v.number == p.default_version)
      .text("CreateDate", xml_time(v.created));
}

using PolicyList = std::vector<std::pair<std::string, Ref<ManagedPolicy>>>;

// Ours stand among the customer's, by name; a built-in one after one of the same name.
PolicyList policies_in(const Directory& d, std::string_view scope) {
  PolicyList out;
  if (scope != "AWS")
    for (const auto& [name, p] : d.policies.all()) out.emplace_back(name, p);
  if (scope != "Local")
    for (const auto& p : built_in_policies()) out.emplace_back(to_lower(p->name) + " (built in)", p);
  std::ranges::sort(out, {}, &PolicyList::value_type::first);
  return out;
}

}  // namespace

Task<void> create_policy(Call& c) {
  ManagedPolicy draft;
  CO_TRY(draft.name, c.required("PolicyName"));
  CO_TRY(std::string text, c.required("PolicyDocument"));
  if (const std::string path = c.get("Path"); !path.empty()) draft.path = path;
  draft.description = c.get("Description");
  draft.tags = c.tags();
  draft.versions.push_back({1, std::move(text), 0});
  CO_TRY(const Ref<ManagedPolicy> made, co_await c.store.create<ManagedPolicy>(std::move(draft)));
  c.out.open("Policy");
  write_policy(c, c.out, *made);
  c.out.close("Policy");
  co_return Status();
}

Task<void> get_policy(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, find_policy(c));
  c.out.open("Policy");
  write_policy(c, c.out, *policy);
  c.out.close("Policy");
  co_return Status();
}

Task<void> list_policies(Call& c) {
  const std::string scope = c.get("Scope"), prefix = c.get("PathPrefix");
  const bool attached = c.get("OnlyAttached") == "true";
  if (!scope.empty() && scope != "All" && scope != "AWS" && scope != "Local")
    co_return fail(Code::validation_error, "Scope must be All, AWS or Local.");
  PolicyList policies = c.store.read([&](const Directory& d) {
    PolicyList all = policies_in(d, scope);
    std::erase_if(all, [&](const auto& p) {
      return !p.second->path.starts_with(prefix) || (attached && d.uses_of(*p.second).attachments() == 0);
    });
    return all;
  });
  co_return write_page(
      c, "Policies", policies, [](const auto& p) -> const std::string& { return p.first; },
      [&](s3wire::XmlWriter& out, const auto& p) { write_policy(c, out, *p.second); });
}

Task<void> delete_policy(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, own_policy(c));
  co_return co_await c.store.remove<ManagedPolicy>(policy->name);
}

Task<void> create_policy_version(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, own_policy(c));
  CO_TRY(const std::string text, c.required("PolicyDocument"));
  const bool as_default = c.get("SetAsDefault") == "true";
  const std::function<Status(ManagedPolicy&)> change = [&](ManagedPolicy& p) -> Status {
    p.versions.push_back({p.next_version++, text, 0});
    if (as_default) p.default_version = p.versions.back().number;
    return {};
  };
  CO_TRY(const Ref<ManagedPolicy> changed, co_await c.store.update<ManagedPolicy>(policy->name, change));
  c.out.open("PolicyVersion");
  write_version(c.out, *changed, changed->versions.back(), false);
  c.out.close("PolicyVersion");
  co_return Status();
}

Task<void> get_policy_version(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, find_policy(c));
  CO_TRY(const std::uint32_t number, read_version(c));
  const PolicyVersion* version = policy->find_version(number);
  if (!version) co_return no_such_version(*policy, number);
  c.out.open("PolicyVersion");
  write_version(c.out, *policy, *version, true);
  c.out.close("PolicyVersion");
  co_return Status();
}

Task<void> list_policy_versions(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, find_policy(c));
  c.out.open("Versions");
  for (auto v = policy->versions.rbegin(); v != policy->versions.rend(); ++v) {
    c.out.open("member");
    write_version(c.out, *policy, *v, false);
    c.out.close("member");
  }
  c.out.close("Versions");
  write_page_end(c.out, "");
  co_return Status();
}

Task<void> delete_policy_version(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, own_policy(c));
  CO_TRY(const std::uint32_t number, read_version(c));
  const std::function<Status(ManagedPolicy&)> change = [&](ManagedPolicy& p) -> Status {
    if (!p.find_version(number)) return no_such_version(p, number);
    std::erase_if(p.versions, [&](const PolicyVersion& v) { return v.number == number; });
    return {};
  };
  CO_TRY(co_await c.store.update<ManagedPolicy>(policy->name, change));
  co_return Status();
}

Task<void> set_default_policy_version(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, own_policy(c));
  CO_TRY(const std::uint32_t number, read_version(c));
  const std::function<Status(ManagedPolicy&)> change = [&](ManagedPolicy& p) -> Status {
    if (!p.find_version(number)) return no_such_version(p, number);
    p.default_version = number;
    return {};
  };
  CO_TRY(co_await c.store.update<ManagedPolicy>(policy->name, change));
  co_return Status();
}

Task<void> list_entities_for_policy(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, find_policy(c));
  const std::string filter = c.get("EntityFilter");
  const bool boundaries = c.get("PolicyUsageFilter") == "PermissionsBoundary";
  const auto uses = c.store.read([&](const Directory& d) { return d.uses_of(*policy); });
  const auto wanted = [&](std::string_view kind) { return filter.empty() || filter == kind; };
  const auto write = [&](const char* element, const std::string& kind, const auto& list) {
    c.out.open(element);
    if (wanted(kind))
      for (const auto& e : list)
        c.out.open("member").text(kind + "Name", e->name).text(kind + "Id", e->id).close("member");
    c.out.close(element);
  };
  write("PolicyGroups", "Group", boundaries ? std::vector<Ref<Group>>() : uses.groups);
  write("PolicyUsers", "User", boundaries ? uses.bounded_users : uses.users);
  write("PolicyRoles", "Role", boundaries ? uses.bounded_roles : uses.roles);
  write_page_end(c.out, "");
  co_return Status();
}

}  // namespace cairn::iam::query
