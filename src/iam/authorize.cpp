#include "cairn/iam/authorize.hpp"

namespace cairn::iam {

Status authorize(const Identity& who, const AccessRequest& request) {
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
