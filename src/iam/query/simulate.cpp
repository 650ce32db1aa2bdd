#include "iam/query/call.hpp"
#include "iam/text.hpp"

// SimulatePrincipalPolicy: what a user, group or role may do, and which statement says so.
namespace cairn::iam::query {
namespace {

constexpr std::size_t kMaxQuestions = 1'000;

// A group's policies, as somebody in it would have them.
SubjectPtr subject_of(const Call& c, const std::string& arn) {
  const std::string_view name = std::string_view(arn).substr(arn.rfind('/') + 1);
  const std::string id = c.store.read([&](const Directory& d) -> std::string {
    if (const auto user = d.users.find(name); user && user_arn(*user) == arn) return user->id;
    if (const auto role = d.roles.find(name); role && role_arn(*role) == arn) return role->id;
    return {};
  });
  return id.empty() ? nullptr : c.store.find_subject(id);
}

Context read_context(const Call& c, const Principal& principal) {
  Context context = principal_context(principal);
  for (int n = 1; n <= 64; ++n) {
    const std::string entry = "ContextEntries.member." + std::to_string(n);
    const std::string key = c.get(entry + ".ContextKeyName");
    if (key.empty()) break;
    context.set(key, c.list(entry + ".ContextKeyValues"));
  }
  return context;
}

std::string_view decision_name(Decision d) {
  return d == Decision::allow ? "allowed" : d == Decision::explicit_deny ? "explicitDeny" : "implicitDeny";
}

void write_result(s3wire::XmlWriter& out, const AccessRequest& request, const Verdict& v) {
  out.open("member")
      .text("EvalActionName", request.action)
      .text("EvalResourceName", request.resource)
      .text("EvalDecision", decision_name(v.decision))
      .open("MatchedStatements");
  if (v.statement >= 0) {
    std::string id(v.policy);
    id += " #" + std::to_string(v.statement);
    if (!v.sid.empty()) id.append(" ").append(v.sid);
    out.open("member").text("SourcePolicyId", id).text("SourcePolicyType", "IAM Policy").close("member");
  }
  out.close("MatchedStatements").open("MissingContextValues").close("MissingContextValues").close("member");
}

}  // namespace

Task<void> simulate_principal_policy(Call& c) {
  CO_TRY(const std::string arn, c.required("PolicySourceArn"));
  const SubjectPtr subject = subject_of(c, arn);
  if (!subject) co_return fail(Code::no_such_entity, "The user or role " + arn + " cannot be found.");
  for (const char* part : {"PolicyInputList.member.1", "ResourcePolicy", "CallerArn"})
    if (!c.get(part).empty())
      co_return fail(Code::not_implemented, std::string(part) + " is not supported by this server.");
  const std::vector<std::string> actions = c.list("ActionNames");
  std::vector<std::string> resources = c.list("ResourceArns");
  if (actions.empty()) co_return fail(Code::validation_error, "ActionNames must not be empty.");
  if (resources.empty()) resources.emplace_back("*");
  if (actions.size() * resources.size() > kMaxQuestions)
    co_return fail(Code::validation_error, "Too many questions at a time.");
  PolicySet policies;
  policies.identity = subject->identity->list();
  policies.boundary = subject->boundary->list();
  AccessRequest request{subject->principal, "", "", read_context(c, subject->principal)};
  c.out.open("EvaluationResults");
  for (const std::string& action : actions)
    for (const std::string& resource : resources) {
      request.action = action;
      request.resource = resource;
      write_result(c.out, request, evaluate(request, policies));
    }
  c.out.close("EvaluationResults");
  write_page_end(c.out, "");
  co_return Status();
}

}  // namespace cairn::iam::query
