#include "cairn/iam/authorize.hpp"

namespace cairn::iam {

Context global_context(const std::vector<std::string>& asked_keys, const RequestFacts& facts,
                       const Identity& who) {
  Context context;
  for (const std::string& key : asked_keys)
    if (auto values = global_key(key, facts, who)) context.set(key, std::move(*values));
  return context;
}

Status authorize(const Identity& who, const AccessRequest& request) {
  if (who.credential == Identity::Credential::session_token && who.limits.empty() && !who.is_root())
    return fail(Code::access_denied,
                request.action + " needs credentials of the user's own, not those of GetSessionToken.");
  const Verdict v = evaluate(request, who.policies());
  if (v.allowed()) return {};
  std::string why = "User: " + who.principal.arn + " is not authorized to perform: " + request.action +
                    " on resource: " + request.resource;
  why += v.decision == Decision::explicit_deny
             ? " with an explicit deny"
             : " because no identity-based policy allows the " + request.action + " action";
  return fail(Code::access_denied, std::move(why));
}

}  // namespace cairn::iam
