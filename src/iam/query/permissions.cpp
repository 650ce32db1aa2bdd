#include <algorithm>

#include "iam/query/call.hpp"
#include "iam/text.hpp"

// What users, groups and roles have alike: attached and inline policies, boundaries, tags.
namespace cairn::iam::query {
namespace {

template <class T>
struct Parameter;
template <>
struct Parameter<User> {
  static constexpr std::string_view name = "UserName", kind = "user";
};
template <>
struct Parameter<Group> {
  static constexpr std::string_view name = "GroupName", kind = "group";
};
template <>
struct Parameter<Role> {
  static constexpr std::string_view name = "RoleName", kind = "role";
};

template <class T>
Result<Ref<T>> find_target(const Call& c) {
  auto name = c.required(Parameter<T>::name);
  if (!name) return fail(std::move(name).error());
  return find_named<T>(c, *name);
}
template <>
Result<Ref<ManagedPolicy>> find_target<ManagedPolicy>(const Call& c) {
  auto policy = find_policy(c);
  if (policy && (*policy)->built_in) return fail(Code::access_denied, "The policy is built in.");
  return policy;
}

template <class T>
Task<void> change_target(Call& c, std::function<Status(T&)> change) {
  CO_TRY(const Ref<T> target, find_target<T>(c));
  CO_TRY(co_await c.store.update<T>(target->name, change));
  co_return Status();
}

template <class T>
std::unexpected<Error> no_inline(const T& target, const std::string& name) {
  return fail(Code::no_such_entity, "The " + std::string(Parameter<T>::kind) + " policy with name " + name +
                                        " cannot be found on " + target.name + ".");
}

}  // namespace

template <class T>
Task<void> attach_policy(Call& c) {
  CO_TRY(const Ref<ManagedPolicy> policy, find_policy(c));
  const std::function<Status(T&)> change = [arn = policy_arn(*policy)](T& t) -> Status {
    auto& list = t.permissions.attached;
    if (std::ranges::find(list, arn) == list.end()) list.push_back(arn);
    return {};
  };
  co_return co_await change_target<T>(c, change);
}

template <class T>
Task<void> detach_policy(Call& c) {
  CO_TRY(const std::string arn, c.required("PolicyArn"));
  const std::function<Status(T&)> change = [&arn](T& t) -> Status {
    if (std::erase(t.permissions.attached, arn) == 0)
      return fail(Code::no_such_entity, "Policy " + arn + " was not found.");
    return {};
  };
  co_return co_await change_target<T>(c, change);
}

template <class T>
Task<void> list_attached_policies(Call& c) {
  CO_TRY(const Ref<T> target, find_target<T>(c));
  std::vector<std::string> arns = target->permissions.attached;
  std::ranges::sort(arns);
  co_return write_page(
      c, "AttachedPolicies", arns, [](const std::string& arn) -> const std::string& { return arn; },
      [](s3wire::XmlWriter& out, const std::string& arn) {
        out.text("PolicyName", arn.substr(arn.rfind('/') + 1)).text("PolicyArn", arn);
      });
}

template <class T>
Task<void> put_inline_policy(Call& c) {
  CO_TRY(const std::string name, c.required("PolicyName"));
  CO_TRY(const std::string text, c.required("PolicyDocument"));
  const std::function<Status(T&)> change = [&](T& t) -> Status {
    t.permissions.inline_policies[name] = text;
    return {};
  };
  co_return co_await change_target<T>(c, change);
}

template <class T>
Task<void> get_inline_policy(Call& c) {
  CO_TRY(const Ref<T> target, find_target<T>(c));
  CO_TRY(const std::string name, c.required("PolicyName"));
  const auto at = target->permissions.inline_policies.find(name);
  if (at == target->permissions.inline_policies.end()) co_return no_inline(*target, name);
  c.out.text(Parameter<T>::name, target->name)
      .text("PolicyName", name)
      .text("PolicyDocument", encoded_document(at->second));
  co_return Status();
}

template <class T>
Task<void> list_inline_policies(Call& c) {
  CO_TRY(const Ref<T> target, find_target<T>(c));
  co_return write_page(
      c, "PolicyNames", target->permissions.inline_policies,
      [](const auto& p) -> const std::string& { return p.first; },
      [](s3wire::XmlWriter& out, const auto& p) { out.characters(p.first); });
}

template <class T>
Task<void> delete_inline_policy(Call& c) {
  CO_TRY(const std::string name, c.required("PolicyName"));
  const std::function<Status(T&)> change = [&](T& t) -> Status {
    if (t.permissions.inline_policies.erase(name) == 0) return no_inline(t, name);
    return {};
  };
  co_return co_await change_target<T>(c, change);
}

template <class T>
Task<void> put_boundary(Call& c) {
  CO_TRY(const std::string arn, c.required("PermissionsBoundary"));
  const std::function<Status(T&)> change = [&](T& t) -> Status {
    t.boundary = arn;
    return {};
  };
  co_return co_await change_target<T>(c, change);
}

template <class T>
Task<void> delete_boundary(Call& c) {
  const std::function<Status(T&)> change = [](T& t) -> Status {
    if (t.boundary.empty()) return fail(Code::no_such_entity, "There is no permissions boundary.");
    t.boundary.clear();
    return {};
  };
  co_return co_await change_target<T>(c, change);
}

template <class T>
Task<void> add_tags(Call& c) {
  const TagList added = c.tags();
  const std::function<Status(T&)> change = [&](T& t) -> Status {
    for (const Tag& tag : added) {
      std::erase_if(t.tags, [&](const Tag& old) { return to_lower(old.key) == to_lower(tag.key); });
      t.tags.push_back(tag);
    }
    return {};
  };
  co_return co_await change_target<T>(c, change);
}

template <class T>
Task<void> remove_tags(Call& c) {
  const std::vector<std::string> keys = c.list("TagKeys");
  const std::function<Status(T&)> change = [&](T& t) -> Status {
    for (const std::string& key : keys)
      std::erase_if(t.tags, [&](const Tag& old) { return to_lower(old.key) == to_lower(key); });
    return {};
  };
  co_return co_await change_target<T>(c, change);
}

template <class T>
Task<void> list_tags(Call& c) {
  CO_TRY(const Ref<T> target, find_target<T>(c));
  TagList tags = target->tags;
  std::ranges::sort(tags, {}, &Tag::key);
  co_return write_page(
      c, "Tags", tags, [](const Tag& t) -> const std::string& { return t.key; },
      [](s3wire::XmlWriter& out, const Tag& t) { out.text("Key", t.key).text("Value", t.value); });
}

#define CAIRN_PERMISSIONS(T)                            \
  template Task<void> attach_policy<T>(Call&);          \
  template Task<void> detach_policy<T>(Call&);          \
  template Task<void> list_attached_policies<T>(Call&); \
  template Task<void> put_inline_policy<T>(Call&);      \
  template Task<void> get_inline_policy<T>(Call&);      \
  template Task<void> list_inline_policies<T>(Call&);   \
  template Task<void> delete_inline_policy<T>(Call&)
CAIRN_PERMISSIONS(User);
CAIRN_PERMISSIONS(Group);
CAIRN_PERMISSIONS(Role);
#undef CAIRN_PERMISSIONS

template Task<void> put_boundary<User>(Call&);
template Task<void> put_boundary<Role>(Call&);
template Task<void> delete_boundary<User>(Call&);
template Task<void> delete_boundary<Role>(Call&);

#define CAIRN_TAGS(T)                        \
  template Task<void> add_tags<T>(Call&);    \
  template Task<void> remove_tags<T>(Call&); \
  template Task<void> list_tags<T>(Call&)
CAIRN_TAGS(User);
CAIRN_TAGS(Role);
CAIRN_TAGS(ManagedPolicy);
#undef CAIRN_TAGS

}  // namespace cairn::iam::query
