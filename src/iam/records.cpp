#include "cairn/iam/records.hpp"

#include <algorithm>

namespace cairn::iam {
namespace {

std::string arn(std::string_view account, std::string_view kind, std::string_view path,
                std::string_view name) {
  std::string out = "arn:aws:iam::";
  out.append(account).append(":").append(kind).append(path).append(name);
  return out;
}

}  // namespace

const PolicyVersion* ManagedPolicy::find_version(std::uint32_t number) const {
  const auto at = std::ranges::find(versions, number, &PolicyVersion::number);
  return at == versions.end() ? nullptr : &*at;
}

const std::string& ManagedPolicy::text() const {
  static const std::string none;
  const PolicyVersion* v = find_version(default_version);
  return v ? v->text : none;
}

std::string user_arn(const User& u) { return arn(kAccount, "user", u.path, u.name); }
std::string group_arn(const Group& g) { return arn(kAccount, "group", g.path, g.name); }
std::string role_arn(const Role& r) { return arn(kAccount, "role", r.path, r.name); }
std::string policy_arn(const ManagedPolicy& p) {
  return arn(p.built_in ? "aws" : kAccount, "policy", p.path, p.name);
}

std::string session_arn(std::string_view role_name, std::string_view session) {
  std::string out = "arn:aws:sts::";
  out.append(kAccount).append(":assumed-role/").append(role_name).append("/").append(session);
  return out;
}

}  // namespace cairn::iam
