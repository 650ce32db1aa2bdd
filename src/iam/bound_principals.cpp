#include "cairn/iam/bound_principals.hpp"

#include <nlohmann/json.hpp>

namespace cairn::iam {
namespace {

using Json = nlohmann::ordered_json;

template <class Visit>
void for_each_aws_name(Json& policy, Visit visit) {
  Json& statements = policy["Statement"];
  const auto in_statement = [&](Json& statement) {
    for (const char* element : {"Principal", "NotPrincipal"}) {
      const auto principal = statement.find(element);
      if (principal == statement.end() || !principal->is_object()) continue;
      const auto names = principal->find("AWS");
      if (names == principal->end()) continue;
      if (names->is_array())
        for (Json& name : *names) visit(name);
      else
        visit(*names);
    }
  };
  if (statements.is_object()) return in_statement(statements);
  for (Json& statement : statements) in_statement(statement);
}

}  // namespace

PrincipalIds bind_principals(const Policy& policy, const IdentityStore& identities) {
  PrincipalIds ids;
  for (const std::string& name : policy.named_principals())
    if (std::string id = identities.id_of_arn(name); !id.empty()) ids[name] = std::move(id);
  return ids;
}

std::string shown_policy(const std::string& text, const PrincipalIds& ids, const IdentityStore& identities) {
  PrincipalIds changed;  // what stands in a name's stead
  for (const auto& [arn, id] : ids) {
    if (identities.id_of_arn(arn) == id) continue;
    const SubjectPtr now = identities.find_subject(id);
    changed[arn] = now ? now->principal.arn : id;
  }
  if (changed.empty()) return text;
  Json policy = Json::parse(text, nullptr, false);
  if (!policy.is_object()) return text;
  for_each_aws_name(policy, [&](Json& name) {
    if (!name.is_string()) return;
    const auto at = changed.find(name.get<std::string>());
    if (at != changed.end()) name = at->second;
  });
  return policy.dump();
}

std::string render_principal_ids(const PrincipalIds& ids) {
  return ids.empty() ? std::string() : nlohmann::json(ids).dump();
}

Result<PrincipalIds> parse_principal_ids(std::string_view text) {
  PrincipalIds ids;
  if (text.empty()) return ids;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Code::malformed_policy, "ids of principals");
  for (const auto& [arn, id] : json.items()) {
    if (!id.is_string()) return fail(Code::malformed_policy, "ids of principals");
    ids[arn] = id.get<std::string>();
  }
  return ids;
}

}  // namespace cairn::iam
