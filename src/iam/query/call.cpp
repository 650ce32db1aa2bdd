#include "iam/query/call.hpp"

#include <charconv>

#include "cairn/base/bytes.hpp"

#include "iam/text.hpp"

namespace cairn::iam::query {
namespace {

constexpr std::size_t kMaxList = 128;  // a form has no more parameters

std::unexpected<Error> invalid(std::string text) { return fail(Code::validation_error, std::move(text)); }

std::string arn(std::string_view kind, std::string_view path, std::string_view name) {
  std::string out = "arn:aws:iam::";
  out.append(kAccount).append(":").append(kind).append(path.empty() ? "/" : path).append(name);
  return out;
}

template <class T>
struct Names;
template <>
struct Names<User> {
  static constexpr std::string_view kind = "user", parameter = "UserName";
  static std::string arn_of(const User& u) { return user_arn(u); }
};
template <>
struct Names<Group> {
  static constexpr std::string_view kind = "group", parameter = "GroupName";
  static std::string arn_of(const Group& g) { return group_arn(g); }
};
template <>
struct Names<Role> {
  static constexpr std::string_view kind = "role", parameter = "RoleName";
  static std::string arn_of(const Role& r) { return role_arn(r); }
};

// The ARN of what is there; of what is not, what it would be.
template <class T>
std::string arn_of_named(const Call& call) {
  const std::string name = call.get(Names<T>::parameter);
  const auto found = find_named<T>(call, name);
  return found ? Names<T>::arn_of(**found) : arn(Names<T>::kind, "/", name);
}

std::string own_user_arn(const Call& call) {
  if (!call.get("UserName").empty()) return arn_of_named<User>(call);
  if (const std::string id = call.get("AccessKeyId"); !id.empty()) {
    const auto owner = call.store.read([&](const Directory& d) {
      const auto key = d.keys.find(id);
      return key ? d.users.find_id(key->owner) : nullptr;
    });
    if (owner) return user_arn(*owner);
  }
  return call.caller->principal.arn;
}

}  // namespace

Result<std::string> Call::required(std::string_view name) const {
  const std::string* value = form.find(name);
  if (!value || value->empty())
    return invalid("1 validation error detected: Value null at '" + std::string(name) +
                   "' failed to satisfy constraint: Member must not be null");
  return *value;
}

Result<std::uint32_t> Call::number(std::string_view name, std::uint32_t fallback, std::uint32_t least,
                                   std::uint32_t most) const {
  const std::string_view text = form.get(name);
  if (text.empty()) return fallback;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return invalid(std::string(name) + " must be a number from " + std::to_string(least) + " to " +
                   std::to_string(most) + ".");
  return value;
}

std::vector<std::string> Call::list(std::string_view name) const {
  std::vector<std::string> found;
  for (std::size_t n = 1; n <= kMaxList; ++n) {
    const std::string* value = form.find(std::string(name) + ".member." + std::to_string(n));
    if (!value) break;
    found.push_back(*value);
  }
  return found;
}

TagList Call::tags() const {
  TagList found;
  for (std::size_t n = 1; n <= kMaxList; ++n) {
    const std::string member = "Tags.member." + std::to_string(n);
    const std::string* key = form.find(member + ".Key");
    if (!key) break;
    found.push_back({*key, get(member + ".Value")});
  }
  return found;
}

template <class T>
Result<Ref<T>> find_named(const Call& call, std::string_view name) {
  auto found = call.store.read([&](const Directory& d) { return d.table<T>().find(name); });
  if (found) return found;
  return fail(Code::no_such_entity,
              "The " + std::string(Names<T>::kind) + " with name " + std::string(name) + " cannot be found.");
}
template Result<Ref<User>> find_named<User>(const Call&, std::string_view);
template Result<Ref<Group>> find_named<Group>(const Call&, std::string_view);
template Result<Ref<Role>> find_named<Role>(const Call&, std::string_view);

Result<Ref<ManagedPolicy>> find_policy(const Call& call) {
  auto arn_text = call.required("PolicyArn");
  if (!arn_text) return fail(std::move(arn_text).error());
  auto found = call.store.read([&](const Directory& d) { return d.find_policy(*arn_text); });
  if (found) return found;
  return fail(Code::no_such_entity, "Policy " + *arn_text + " does not exist or is not attachable.");
}

Result<Ref<User>> own_user(const Call& call) {
  if (const std::string name = call.get("UserName"); !name.empty()) return find_named<User>(call, name);
  const Principal& p = call.caller->principal;
  if (p.kind == Principal::Kind::user) return find_named<User>(call, p.user_name);
  if (p.kind == Principal::Kind::root) return Ref<User>();
  return invalid("Must specify userName when calling with non-User credentials");
}

std::string target_arn(const Call& call, Target target) {
  switch (target) {
    case Target::nothing:
      return "*";
    case Target::user:
      return arn_of_named<User>(call);
    case Target::own_user:
      return own_user_arn(call);
    case Target::group:
      return arn_of_named<Group>(call);
    case Target::role:
      return arn_of_named<Role>(call);
    case Target::new_user:
      return arn("user", call.get("Path"), call.get("UserName"));
    case Target::new_group:
      return arn("group", call.get("Path"), call.get("GroupName"));
    case Target::new_role:
      return arn("role", call.get("Path"), call.get("RoleName"));
    case Target::new_policy:
      return arn("policy", call.get("Path"), call.get("PolicyName"));
    case Target::policy:
      return call.get("PolicyArn");
    case Target::source:
      return call.get("PolicySourceArn");
  }
  return "*";
}

std::string xml_time(UnixMillis t) { return iso8601_ms(t).substr(0, 19) + "Z"; }

std::string encoded_document(std::string_view text) {
  return s3wire::uri_encode(text, s3wire::Slash::encode);
}

Result<Page> read_page(const Call& call) {
  Page page;
  auto limit = call.number("MaxItems", 100, 1, 1'000);
  if (!limit) return fail(std::move(limit).error());
  page.limit = *limit;
  const std::string marker = call.get("Marker");
  if (marker.empty()) return page;
  auto after = from_base64(marker);
  if (!after || after->empty()) return invalid("Invalid Marker.");
  page.after = std::move(*after);
  return page;
}

void write_page_end(s3wire::XmlWriter& out, const std::string& last) {
  out.boolean("IsTruncated", !last.empty());
  if (!last.empty()) out.text("Marker", to_base64(as_bytes(last)));
}

}  // namespace cairn::iam::query
