#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.hpp"

// What the identity store keeps: plain values, one system document each. Names are distinguished without
// regard to case, as in AWS. The limits are those of "IAM and AWS STS quotas" (IAM User Guide) unless a
// comment says otherwise.
namespace cairn::iam {

// The one account there is. AWS's clients want twelve digits; these stand in no real ARN.
inline constexpr std::string_view kAccount = "000000000000";

struct Tag {
  std::string key, value;
  bool operator==(const Tag&) const = default;
};
using TagList = std::vector<Tag>;

// Managed policies by ARN, inline ones by name.
struct Permissions {
  std::vector<std::string> attached;
  std::map<std::string, std::string> inline_policies;
  bool operator==(const Permissions&) const = default;
};

struct User {
  std::string name;
  std::string path = "/";
  std::string id;  // AIDA...: made at creation and never reused; all else refers to it, so names may change
  UnixMillis created = 0;
  std::uint32_t revision = 0;  // grows with every change
  bool enabled = true;         // otherwise none of its keys is taken
  Permissions permissions;
  std::string boundary;             // ARN of a managed policy; empty: none
  std::vector<std::string> groups;  // ids
  TagList tags;                     // "email" gives the address by which ACLs find it, unless its name is one
  bool operator==(const User&) const = default;
};

struct Group {
  std::string name;
  std::string path = "/";
  std::string id;  // AGPA...
  UnixMillis created = 0;
  std::uint32_t revision = 0;
  Permissions permissions;
  bool operator==(const Group&) const = default;
};

struct Role {
  std::string name;
  std::string path = "/";
  std::string id;  // AROA...
  UnixMillis created = 0;
  std::uint32_t revision = 0;
  std::string trust;                             // who may assume it
  std::map<std::string, std::string> trust_ids;  // what its names are bound to (bound_principals.hpp)
  std::string description;
  std::uint32_t max_session = 3'600;  // seconds, 3,600 to 43,200
  Permissions permissions;
  std::string boundary;
  TagList tags;
  bool operator==(const Role&) const = default;
};

struct PolicyVersion {
  std::uint32_t number = 1;  // "v1"
  std::string text;
  UnixMillis created = 0;
  bool operator==(const PolicyVersion&) const = default;
};

struct ManagedPolicy {
  std::string name;
  std::string path = "/";
  std::string id;  // ANPA...
  UnixMillis created = 0, updated = 0;
  std::uint32_t revision = 0;
  std::string description;
  std::vector<PolicyVersion> versions;  // ascending, at most five
  std::uint32_t default_version = 1;
  std::uint32_t next_version = 2;  // numbers are not used twice
  TagList tags;
  bool built_in = false;  // one of ours: not stored, not changed

  const PolicyVersion* find_version(std::uint32_t number) const;
  const std::string& text() const;  // of the default version
  bool operator==(const ManagedPolicy&) const = default;
};

// A key that signs requests: of a user, or of root ("service account"). Acts for its owner, within a policy
// of its own if it has one.
struct AccessKey {
  std::string id;      // AKIA..., or what its creator chose
  std::string secret;  // never logged
  std::string owner;   // the user's id, or kRootId
  UnixMillis created = 0;
  std::uint32_t revision = 0;
  bool active = true;
  UnixMillis expires = 0;  // 0: never
  std::string policy;      // empty: all that the owner may
  std::string name, description;
  bool operator==(const AccessKey&) const = default;
};
inline constexpr std::string_view kRootId = "root";

std::string user_arn(const User& user);               // arn:aws:iam::000000000000:user/path/name
std::string group_arn(const Group& group);            // ...:group/
std::string role_arn(const Role& role);               // ...:role/
std::string policy_arn(const ManagedPolicy& policy);  // ...:policy/, or arn:aws:iam::aws:policy/
std::string session_arn(std::string_view role_name, std::string_view session);  // arn:aws:sts::...

}  // namespace cairn::iam
