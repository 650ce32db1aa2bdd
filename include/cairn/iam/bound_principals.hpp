#pragma once
#include <map>
#include <string>
#include <string_view>

#include "cairn/iam/identity_store.hpp"
#include "cairn/iam/policy.hpp"

namespace cairn::iam {

// What the names in Principal elements meant when a policy was put: the unique ids of users and roles, by
// their ARNs as the policy has them. Kept with the policy, so that a user who is deleted and made again, or
// takes another's name, does not inherit what the policy gave, and one that is renamed keeps it ("AWS JSON
// policy elements: Principal", IAM User Guide). ARNs of sessions and of what does not exist are not in it.
using PrincipalIds = std::map<std::string, std::string>;

PrincipalIds bind_principals(const Policy& policy, const IdentityStore& identities);

// The policy as a client gets it back: as it was put while its ARNs are what they were, else with today's
// ARNs, and unique ids for who is no more.
std::string shown_policy(const std::string& text, const PrincipalIds& ids, const IdentityStore& identities);

// As a JSON object; nothing to bind is "". Parsing: malformed_policy.
std::string render_principal_ids(const PrincipalIds& ids);
Result<PrincipalIds> parse_principal_ids(std::string_view json);

}  // namespace cairn::iam
