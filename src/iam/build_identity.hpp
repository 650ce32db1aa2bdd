#pragma once
#include "cairn/iam/directory.hpp"
#include "cairn/iam/identity.hpp"
#include "cairn/iam/session.hpp"

// From records to what decides: compiled policies. Pure. A policy that cannot be found or understood any more
// denies everything: what decides is never skipped.
namespace cairn::iam {

SubjectPtr build_root(std::string_view access_key, std::string_view canonical_id);
SubjectPtr build_subject(const Directory& all, const User& user);
SubjectPtr build_subject(const Directory& all, const Role& role);

IdentityPtr build_identity(SubjectPtr subject, const AccessKey& key, std::shared_ptr<KeyUse> use);
IdentityPtr build_root_identity(SubjectPtr root, std::string access_key, std::string secret);
// Temporary credentials; `secret` is session_secret() of the token.
IdentityPtr build_session(const Directory& all, SubjectPtr subject, const SessionClaims& claims,
                          std::string secret);

}  // namespace cairn::iam
