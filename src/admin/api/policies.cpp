#include <algorithm>
#include <map>

#include "admin/api/call.hpp"

namespace cairn::admin::api {
namespace {

constexpr std::size_t kMaxVersions = 5;

json names_of(const auto& records) {
  json out = json::array();
  for (const auto& r : records) out.push_back(r->name);
  return out;
}

json head_of(const iam::ManagedPolicy& p) {
  return {{"name", p.name},
          {"arn", iam::policy_arn(p)},
          {"description", p.description},
          {"built_in", p.built_in},
          {"created", p.built_in ? json() : json(iso8601_ms(p.created))},
          {"updated", p.built_in ? json() : json(iso8601_ms(p.updated))},
          {"version", p.default_version}};
}

json document_of(const Call& c, const iam::ManagedPolicy& p) {
  const auto uses = c.identities().read([&](const iam::Directory& d) { return d.uses_of(p); });
  json out = head_of(p);
  out["users"] = names_of(uses.users);
  out["groups"] = names_of(uses.groups);
  out["roles"] = names_of(uses.roles);
  out["document"] = p.text();
  return out;
}

std::unexpected<Error> built_in(const iam::ManagedPolicy& p) {
  return fail(Code::access_denied, "The policy " + p.name + " is built in and cannot be changed.");
}

// A new text is a new version, and the one that counts; the oldest goes where there are too many.
Status set_text(iam::ManagedPolicy& p, const std::string& text) {
  if (p.text() == text) return {};
  if (p.versions.size() >= kMaxVersions) {
    const auto oldest = std::ranges::find_if(
        p.versions, [&](const iam::PolicyVersion& v) { return v.number != p.default_version; });
    p.versions.erase(oldest);
  }
  p.versions.push_back({p.next_version++, text, 0});
  p.default_version = p.versions.back().number;
  return {};
}

Task<json> create(Call& c, const std::string& text, const std::optional<std::string>& description) {
  iam::ManagedPolicy draft;
  draft.name = c.path[0];
  draft.description = description.value_or("");
  draft.versions.push_back({1, text, 0});
  CO_TRY(const auto made, co_await c.identities().create<iam::ManagedPolicy>(std::move(draft)));
  co_return document_of(c, *made);
}

template <class T>
Task<void> attach(Call& c) {
  CO_TRY(const auto policy, find_policy(c, c.path[1]));
  const std::function<Status(T&)> change = [arn = iam::policy_arn(*policy)](T& t) -> Status {
    auto& list = t.permissions.attached;
    if (std::ranges::find(list, arn) == list.end()) list.push_back(arn);
    return {};
  };
  CO_TRY(co_await c.identities().update<T>(c.path[0], change));
  co_return Status();
}

template <class T>
Task<void> detach(Call& c) {
  CO_TRY(const auto policy, find_policy(c, c.path[1]));
  const std::function<Status(T&)> change = [&](T& t) -> Status {
    if (std::erase(t.permissions.attached, iam::policy_arn(*policy)) == 0)
      return fail(Code::no_such_entity, "The policy " + policy->name + " is not attached there.");
    return {};
  };
  CO_TRY(co_await c.identities().update<T>(c.path[0], change));
  co_return Status();
}

}  // namespace

// The customer's and the built-in ones, of two with one name the customer's; without who has them, for which
// all users are looked at.
Task<json> list_policies(Call& c) {
  co_return c.identities().read([&](const iam::Directory& d) {
    std::map<std::string, iam::Ref<iam::ManagedPolicy>, std::less<>> all;
    for (const auto& p : iam::built_in_policies()) {
      std::string name = p->name;
      for (char& ch : name)
        if (ch >= 'A' && ch <= 'Z') ch = static_cast<char>(ch + 32);
      all[std::move(name)] = p;
    }
    for (const auto& [name, p] : d.policies.all()) all[name] = p;
    return write_page(c, all, [](const auto& p) { return head_of(*p); });
  });
}

Task<json> get_policy(Call& c) {
  CO_TRY(const auto policy, find_policy(c, c.path[0]));
  co_return document_of(c, *policy);
}

Task<json> put_policy(Call& c) {
  CO_TRY(check_fields(c.body, {"document", "description"}));
  CO_TRY(const std::string text, required_text(c.body, "document"));
  CO_TRY(const auto description, read_text(c.body, "description"));
  const auto known = find_policy(c, c.path[0]);
  if (known && (*known)->built_in) co_return built_in(**known);
  if (!known) co_return co_await create(c, text, description);
  const std::function<Status(iam::ManagedPolicy&)> change = [&](iam::ManagedPolicy& p) -> Status {
    if (description) p.description = *description;
    return set_text(p, text);
  };
  CO_TRY(const auto changed, co_await c.identities().update<iam::ManagedPolicy>((*known)->name, change));
  co_return document_of(c, *changed);
}

Task<json> delete_policy(Call& c) {
  CO_TRY(const auto policy, find_policy(c, c.path[0]));
  if (policy->built_in) co_return built_in(*policy);
  const auto uses = c.identities().read([&](const iam::Directory& d) { return d.uses_of(*policy); });
  if (uses.attachments() + uses.boundaries() > 0)
    co_return fail(Code::delete_conflict, "The policy " + policy->name + " is in use.");
  // Its older versions go with it.
  const std::function<Status(iam::ManagedPolicy&)> change = [](iam::ManagedPolicy& p) -> Status {
    std::erase_if(p.versions, [&](const iam::PolicyVersion& v) { return v.number != p.default_version; });
    return {};
  };
  CO_TRY(co_await c.identities().update<iam::ManagedPolicy>(policy->name, change));
  CO_TRY(co_await c.identities().remove<iam::ManagedPolicy>(policy->name));
  co_return json::object();
}

Task<json> attach_to_user(Call& c) {
  CO_TRY(co_await attach<iam::User>(c));
  co_return co_await get_user(c);
}
Task<json> detach_from_user(Call& c) {
  CO_TRY(co_await detach<iam::User>(c));
  co_return co_await get_user(c);
}
Task<json> attach_to_group(Call& c) {
  CO_TRY(co_await attach<iam::Group>(c));
  co_return co_await get_group(c);
}
Task<json> detach_from_group(Call& c) {
  CO_TRY(co_await detach<iam::Group>(c));
  co_return co_await get_group(c);
}

}  // namespace cairn::admin::api
