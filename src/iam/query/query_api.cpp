#include "cairn/iam/query_api.hpp"

#include <array>

#include "cairn/base/log.hpp"
#include "cairn/iam/authorize.hpp"

#include "iam/query/call.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

using query::Action;
using query::Call;

struct ServiceFacts {
  std::string_view name, version, xmlns;
};
constexpr std::array<ServiceFacts, 2> kServices{
    {{"iam", "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/"},
     {"sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"}}};
const ServiceFacts& facts_of(QueryService s) { return kServices[static_cast<std::size_t>(s)]; }

struct QueryError {
  Code code;
  std::string_view name;
  int status;
};
constexpr auto kErrors = std::to_array<QueryError>({
    {Code::access_denied, "AccessDenied", 403},
    {Code::invalid_access_key_id, "InvalidClientTokenId", 403},
    {Code::invalid_token, "InvalidClientTokenId", 403},
    {Code::expired_token, "ExpiredToken", 403},
    {Code::signature_does_not_match, "SignatureDoesNotMatch", 403},
    {Code::request_time_too_skewed, "RequestExpired", 400},
    {Code::authorization_header_malformed, "IncompleteSignature", 400},
    {Code::authorization_query_parameters_error, "IncompleteSignature", 400},
    {Code::missing_security_header, "MissingAuthenticationToken", 403},
    {Code::content_sha256_mismatch, "SignatureDoesNotMatch", 403},
    {Code::method_not_allowed, "InvalidAction", 400},
    {Code::no_such_entity, "NoSuchEntity", 404},
    {Code::entity_already_exists, "EntityAlreadyExists", 409},
    {Code::delete_conflict, "DeleteConflict", 409},
    {Code::limit_exceeded, "LimitExceeded", 409},
    {Code::validation_error, "ValidationError", 400},
    {Code::invalid_argument, "ValidationError", 400},
    {Code::invalid_request, "ValidationError", 400},
    {Code::incomplete_body, "ValidationError", 400},
    {Code::missing_content_length, "ValidationError", 411},
    {Code::max_message_length_exceeded, "RequestEntityTooLarge", 413},
    {Code::malformed_policy, "MalformedPolicyDocument", 400},
    {Code::packed_policy_too_large, "PackedPolicyTooLarge", 400},
    {Code::not_implemented, "NotImplemented", 501},
    {Code::service_unavailable, "ServiceUnavailable", 503},
    {Code::no_quorum, "ServiceUnavailable", 503},
    {Code::overloaded, "Throttling", 503},
    {Code::slow_down, "Throttling", 503},
    {Code::request_timeout, "RequestTimeout", 400},
});

const QueryError& error_of(Code code) {
  static constexpr QueryError kInternal{Code::internal, "InternalFailure", 500};
  for (const QueryError& e : kErrors)
    if (e.code == code) return e;
  return kInternal;
}

// The policies that decide are those of the caller: nothing here has a policy of its own but a role's trust.
Status authorize(const Call& call, const Action& action) {
  const Identity& who = *call.caller;
  AccessRequest request{who.principal, "iam:" + std::string(action.name),
                        query::target_arn(call, action.target),
                        global_context(who.asked_keys, call.facts, who)};
  for (const std::string& key : who.asked_keys) {
    if (key == "iam:policyarn" && call.form.has("PolicyArn")) request.context.set(key, call.get("PolicyArn"));
    if (key == "iam:permissionsboundary" && call.form.has("PermissionsBoundary"))
      request.context.set(key, call.get("PermissionsBoundary"));
  }
  return iam::authorize(who, request);
}

Task<void> act(Call& call, const Action& action) {
  if (call.caller->anonymous() && action.handler != query::not_implemented)
    co_return fail(Code::missing_security_header, "Request is missing Authentication Token");
  if (!action.free) CO_TRY(authorize(call, action));
  call.out.open(std::string(action.name) + "Result");
  CO_TRY(co_await action.handler(call));
  call.out.close(std::string(action.name) + "Result");
  co_return Status();
}

}  // namespace

QueryService query_service(const s3wire::Query& form) {
  const Action* action = query::find_action(form.get("Action"));
  if (action) return action->service;
  return form.get("Version") == facts_of(QueryService::sts).version ? QueryService::sts : QueryService::iam;
}

std::string_view query_service_name(QueryService service) { return facts_of(service).name; }

QueryAnswer query_error(const Error& error, QueryService service, std::string_view request_id) {
  const QueryError& e = error_of(error.code);
  s3wire::XmlWriter xml("ErrorResponse", facts_of(service).xmlns);
  std::string_view message = error.context;
  if (e.status >= 500 && e.status != 501) message = "The request could not be processed. Please try again.";
  if (message.empty()) message = e.name;
  xml.open("Error")
      .text("Type", e.status >= 500 ? "Receiver" : "Sender")
      .text("Code", e.name)
      .text("Message", message)
      .close("Error")
      .text("RequestId", request_id);
  return {e.status, std::move(xml).finish()};
}

Task<QueryAnswer> QueryApi::handle(QueryRequest request) {
  const QueryService service = query_service(request.form);
  const Action* action = query::find_action(request.form.get("Action"));
  if (!action)
    co_return query_error(Error(Code::method_not_allowed,
                                "Could not find operation " + std::string(request.form.get("Action")) +
                                    " for version " + std::string(request.form.get("Version"))),
                          service, request.request_id);
  s3wire::XmlWriter xml(std::string(action->name) + "Response", facts_of(service).xmlns);
  Call call{store_, request.form, request.caller, request.facts, xml};
  const Status done = co_await act(call, *action);
  if (!done) {
    const QueryAnswer answer = query_error(done.error(), service, request.request_id);
    if (answer.status >= 500 && answer.status != 501)
      log::error("identity request failed", {{"request", request.request_id},
                                             {"action", action->name},
                                             {"error", code_name(done.error().code)},
                                             {"context", done.error().context}});
    co_return answer;
  }
  xml.open("ResponseMetadata").text("RequestId", request.request_id).close("ResponseMetadata");
  co_return QueryAnswer{200, std::move(xml).finish()};
}

}  // namespace cairn::iam
