#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/iam/identity_store.hpp"
#include "cairn/iam/query_api.hpp"
#include "cairn/s3wire/xml.hpp"

namespace cairn::iam::query {

// One action under way. Handlers read parameters, change the store and write what stands inside the Result
// element.
struct Call {
  IdentityStore& store;
  const s3wire::Query& form;
  const IdentityPtr& caller;
  const RequestFacts& facts;
  s3wire::XmlWriter& out;

  // validation_error where it is missing.
  Result<std::string> required(std::string_view name) const;
  std::string get(std::string_view name) const { return std::string(form.get(name)); }  // empty: absent
  Result<std::uint32_t> number(std::string_view name, std::uint32_t fallback, std::uint32_t least,
                               std::uint32_t most) const;
  // "name.member.1", ".2", ...
  std::vector<std::string> list(std::string_view name) const;
  TagList tags() const;  // Tags.member.N.Key and .Value
};

using Handler = Task<void> (*)(Call&);

// What an action is about: from it comes the ARN that policies are asked about.
enum class Target : std::uint8_t {
  nothing,   // "*"
  user,      // UserName
  own_user,  // UserName, or who calls; of an access key: its owner
  new_user,  // UserName, with Path
  group,
  new_group,
  role,
  new_role,
  policy,  // PolicyArn
  new_policy,
  source,  // PolicySourceArn
};

struct Action {
  std::string_view name;
  Handler handler = nullptr;
  Target target = Target::nothing;
  QueryService service = QueryService::iam;
  bool free = false;  // needs no permission, or decides by itself
};
const Action* find_action(std::string_view name);
std::string target_arn(const Call& call, Target target);

// ---- Looking up: no_such_entity ----
template <class T>
Result<Ref<T>> find_named(const Call& call, std::string_view name);
Result<Ref<ManagedPolicy>> find_policy(const Call& call);  // PolicyArn
// UserName, or the calling user; nullptr: root itself. validation_error for sessions of roles.
Result<Ref<User>> own_user(const Call& call);

// ---- Documents ----
void write_user(s3wire::XmlWriter& out, const User& user);
void write_group(s3wire::XmlWriter& out, const Group& group);
void write_role(s3wire::XmlWriter& out, const Role& role, const IdentityStore& store);
void write_policy(const Call& call, s3wire::XmlWriter& out, const ManagedPolicy& policy);
void write_tags(s3wire::XmlWriter& out, const TagList& tags);
std::string xml_time(UnixMillis t);                   // "2026-11-23T12:34:56Z"
std::string encoded_document(std::string_view text);  // policies stand percent-encoded in answers

// One page of a list whose items have names in ascending order: Marker and MaxItems, IsTruncated and Marker.
struct Page {
  std::string after;
  std::size_t limit = 100;
};
Result<Page> read_page(const Call& call);                              // validation_error
void write_page_end(s3wire::XmlWriter& out, const std::string& last);  // empty: that was all

template <class Items, class NameOf, class Write>
Status write_page(Call& call, std::string_view element, const Items& items, NameOf name_of, Write write) {
  auto page = read_page(call);
  if (!page) return fail(std::move(page).error());
  std::string last;
  std::size_t count = 0;
  bool more = false;
  call.out.open(element);
  for (const auto& item : items) {
    const std::string& name = name_of(item);
    if (!page->after.empty() && name <= page->after) continue;
    if ((more = count == page->limit)) break;
    call.out.open("member");
    write(call.out, item);
    call.out.close("member");
    last = name;
    ++count;
  }
  call.out.close(element);
  write_page_end(call.out, more ? last : std::string());
  return {};
}

// ---- The actions, by what they are about ----
Task<void> create_user(Call& c);
Task<void> get_user(Call& c);
Task<void> list_users(Call& c);
Task<void> update_user(Call& c);
Task<void> delete_user(Call& c);
Task<void> create_access_key(Call& c);
Task<void> list_access_keys(Call& c);
Task<void> update_access_key(Call& c);
Task<void> delete_access_key(Call& c);
Task<void> get_access_key_last_used(Call& c);

Task<void> create_group(Call& c);
Task<void> get_group(Call& c);
Task<void> list_groups(Call& c);
Task<void> update_group(Call& c);
Task<void> delete_group(Call& c);
Task<void> add_user_to_group(Call& c);
Task<void> remove_user_from_group(Call& c);
Task<void> list_groups_for_user(Call& c);

Task<void> create_policy(Call& c);
Task<void> get_policy(Call& c);
Task<void> list_policies(Call& c);
Task<void> delete_policy(Call& c);
Task<void> create_policy_version(Call& c);
Task<void> get_policy_version(Call& c);
Task<void> list_policy_versions(Call& c);
Task<void> delete_policy_version(Call& c);
Task<void> set_default_policy_version(Call& c);
Task<void> list_entities_for_policy(Call& c);

Task<void> create_role(Call& c);
Task<void> get_role(Call& c);
Task<void> list_roles(Call& c);
Task<void> update_role(Call& c);
Task<void> update_role_description(Call& c);
Task<void> delete_role(Call& c);
Task<void> update_assume_role_policy(Call& c);
Task<void> list_instance_profiles_for_role(Call& c);

// T: User, Group, Role.
template <class T>
Task<void> attach_policy(Call& c);
template <class T>
Task<void> detach_policy(Call& c);
template <class T>
Task<void> list_attached_policies(Call& c);
template <class T>
Task<void> put_inline_policy(Call& c);
template <class T>
Task<void> get_inline_policy(Call& c);
template <class T>
Task<void> list_inline_policies(Call& c);
template <class T>
Task<void> delete_inline_policy(Call& c);
// T: User, Role; ManagedPolicy too for tags.
template <class T>
Task<void> put_boundary(Call& c);
template <class T>
Task<void> delete_boundary(Call& c);
template <class T>
Task<void> add_tags(Call& c);
template <class T>
Task<void> remove_tags(Call& c);
template <class T>
Task<void> list_tags(Call& c);

Task<void> get_account_summary(Call& c);
Task<void> list_open_id_connect_providers(Call& c);
Task<void> simulate_principal_policy(Call& c);

Task<void> assume_role(Call& c);
Task<void> get_session_token(Call& c);
Task<void> get_caller_identity(Call& c);
Task<void> get_access_key_info(Call& c);
Task<void> not_implemented(Call& c);

}  // namespace cairn::iam::query
