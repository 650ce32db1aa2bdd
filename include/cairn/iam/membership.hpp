#pragma once
#include <functional>

#include "cairn/base/result.hpp"
#include "cairn/iam/directory.hpp"

namespace cairn::iam {

// A change for IdentityStore::update<User>: puts the user into a group, who may be in it already, or takes
// it out of it; no_such_entity if it is not in it.
std::function<Status(User&)> membership_change(Ref<Group> group, bool member);

}  // namespace cairn::iam
