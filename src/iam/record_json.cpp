#include "iam/record_json.hpp"

#include <nlohmann/json.hpp>

#include "cairn/base/bytes.hpp"

namespace cairn::iam {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

// Reading: json's exceptions end in from_json().
template <class T>
T get(const json& j, const char* name) {
  return j.at(name).get<T>();
}
std::string text(const json& j, const char* name) { return get<std::string>(j, name); }

json write(const TagList& tags) {
  json out = json::array();
  for (const Tag& t : tags) out.push_back({{"key", t.key}, {"value", t.value}});
  return out;
}
TagList read_tags(const json& j) {
  TagList out;
  for (const json& t : j.at("tags")) out.push_back({text(t, "key"), text(t, "value")});
  return out;
}

json write(const Permissions& p) {
  json inline_policies = json::object();
  for (const auto& [name, policy] : p.inline_policies) inline_policies[name] = policy;
  return {{"attached", p.attached}, {"inline", std::move(inline_policies)}};
}
Permissions read_permissions(const json& j) {
  const json& p = j.at("permissions");
  return {get<std::vector<std::string>>(p, "attached"), get<std::map<std::string, std::string>>(p, "inline")};
}

// What all that have a name and a path begin with.
template <class T>
json head(const T& r) {
  return {{"format", kFormat}, {"name", r.name},       {"path", r.path},
          {"id", r.id},        {"created", r.created}, {"revision", r.revision}};
}
template <class T>
void read_head(const json& j, T& r) {
  r.name = text(j, "name");
  r.path = text(j, "path");
  r.id = text(j, "id");
  r.created = get<UnixMillis>(j, "created");
  r.revision = get<std::uint32_t>(j, "revision");
}

void read(const json& j, User& u) {
  read_head(j, u);
  u.enabled = get<bool>(j, "enabled");
  u.permissions = read_permissions(j);
  u.boundary = text(j, "boundary");
  u.groups = get<std::vector<std::string>>(j, "groups");
  u.tags = read_tags(j);
}

void read(const json& j, Group& g) {
  read_head(j, g);
  g.permissions = read_permissions(j);
}

void read(const json& j, Role& r) {
  read_head(j, r);
  r.trust = text(j, "trust");
  r.trust_ids = j.value("trust_ids", decltype(r.trust_ids)());
  r.description = text(j, "description");
  r.max_session = get<std::uint32_t>(j, "max_session");
  r.permissions = read_permissions(j);
  r.boundary = text(j, "boundary");
  r.tags = read_tags(j);
}

void read(const json& j, ManagedPolicy& p) {
  read_head(j, p);
  p.updated = get<UnixMillis>(j, "updated");
  p.description = text(j, "description");
  p.default_version = get<std::uint32_t>(j, "default_version");
  p.next_version = get<std::uint32_t>(j, "next_version");
  for (const json& v : j.at("versions"))
    p.versions.push_back({get<std::uint32_t>(v, "number"), text(v, "text"), get<UnixMillis>(v, "created")});
  p.tags = read_tags(j);
}

void read(const json& j, AccessKey& k) {
  k.id = text(j, "id");
  k.secret = text(j, "secret");
  k.owner = text(j, "owner");
  k.created = get<UnixMillis>(j, "created");
  k.revision = get<std::uint32_t>(j, "revision");
  k.active = get<bool>(j, "active");
  k.expires = get<UnixMillis>(j, "expires");
  k.policy = text(j, "policy");
  k.name = text(j, "name");
  k.description = text(j, "description");
}

void read(const json& j, AccountRecord& a) {
  const auto key = from_base64(text(j, "session_key"));
  if (key) a.session_key = *key;
  a.root_canonical_id = text(j, "root_canonical_id");
}

}  // namespace

std::string to_json(const User& u) {
  json j = head(u);
  j["enabled"] = u.enabled;
  j["permissions"] = write(u.permissions);
  j["boundary"] = u.boundary;
  j["groups"] = u.groups;
  j["tags"] = write(u.tags);
  return j.dump();
}

std::string to_json(const Group& g) {
  json j = head(g);
  j["permissions"] = write(g.permissions);
  return j.dump();
}

std::string to_json(const Role& r) {
  json j = head(r);
  j["trust"] = r.trust;
  j["trust_ids"] = r.trust_ids;
  j["description"] = r.description;
  j["max_session"] = r.max_session;
  j["permissions"] = write(r.permissions);
  j["boundary"] = r.boundary;
  j["tags"] = write(r.tags);
  return j.dump();
}

std::string to_json(const ManagedPolicy& p) {
  json j = head(p);
  j["updated"] = p.updated;
  j["description"] = p.description;
  j["default_version"] = p.default_version;
  j["next_version"] = p.next_version;
  j["versions"] = json::array();
  for (const PolicyVersion& v : p.versions)
    j["versions"].push_back({{"number", v.number}, {"text", v.text}, {"created", v.created}});
  j["tags"] = write(p.tags);
  return j.dump();
}

std::string to_json(const AccessKey& k) {
  return json{{"format", kFormat},           {"id", k.id},
              {"secret", k.secret},          {"owner", k.owner},
              {"created", k.created},        {"revision", k.revision},
              {"active", k.active},          {"expires", k.expires},
              {"policy", k.policy},          {"name", k.name},
              {"description", k.description}}
      .dump();
}

std::string to_json(const AccountRecord& a) {
  return json{{"format", kFormat},
              {"session_key", to_base64(as_bytes(a.session_key))},
              {"root_canonical_id", a.root_canonical_id}}
      .dump();
}

template <class T>
Result<T> from_json(std::string_view text) {
  try {
    const json j = json::parse(text);
    if (j.at("format").get<int>() != kFormat) return fail(Code::unsupported, "identity: a later format");
    T out;
    read(j, out);
    return out;
  } catch (const json::exception&) {  // its text may quote the document
    return fail(Code::corrupt, "identity: not the document it should be");
  }
}
template Result<User> from_json(std::string_view);
template Result<Group> from_json(std::string_view);
template Result<Role> from_json(std::string_view);
template Result<ManagedPolicy> from_json(std::string_view);
template Result<AccessKey> from_json(std::string_view);
template Result<AccountRecord> from_json(std::string_view);

}  // namespace cairn::iam
