#include "admin/api/admin_api.hpp"

#include <algorithm>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "cairn/base/log.hpp"
#include "cairn/base/request_id.hpp"
#include "cairn/s3wire/errors.hpp"

namespace cairn::admin::api {
namespace {

std::string text_of(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

json error_document(const Error& error, std::string_view request_id) {
  return {{"code", s3wire::s3_error(error.code).code},
          {"message", s3wire::error_message(error)},
          {"request_id", request_id}};
}

// Of lists; others look at none.
Status check_parameters(const s3wire::Query& query) {
  for (const s3wire::QueryParam& p : query.params())
    if (p.name != "limit" && p.name != "after" && p.name != "user")
      return fail(Code::validation_error, "There is no parameter \"" + p.name + "\" here.");
  return {};
}

// The name of what a document makes, no longer than a name may be.
std::string name_in(const json& body) {
  const auto name = read_text(body, "name");
  return name && *name ? (*name)->substr(0, 128) : std::string();
}

// One line for each change, whoever made it and whatever came of it.
void audit(const http::Request& request, const Call& call, const Route& route, const Status& done) {
  if (!route.changes()) return;
  log::info("administration", {{"request", request.trace_id},
                               {"action", route.action},
                               {"method", request.method()},
                               {"path", request.path()},
                               {"name", name_in(call.body)},
                               {"who", call.who->principal.arn},
                               {"access_key", call.who->access_key},
                               {"remote", request.remote().host},
                               {"result", done ? "done" : s3wire::s3_error(done.error().code).code}});
}

iam::RequestFacts facts_of(const http::Request& request, std::string_view region, UnixMillis now) {
  return {request.remote().host,    request.is_tls(), request.field("user-agent"),
          request.field("referer"), region,           now};
}

}  // namespace

bool is_api_path(std::string_view path) {
  return path.starts_with(kPrefix) && (path.size() == kPrefix.size() || path[kPrefix.size()] == '/');
}

Task<void> AdminApi::read_body(http::Request& request, Call& call, const Match& match) {
  CO_TRY(call.query, s3wire::Query::parse(request.query()));
  std::string body;
  if (request.content_length() != 0u) {
    CO_TRY(body, co_await request.read_body_text(kMaxBody));
  }
  CO_TRY(call.who, authenticate(request, call.query, body, call, keys_, config_.region));
  if (body.empty()) co_return Status();
  if (match.route && !match.route->body)
    co_return fail(Code::validation_error, "This request takes no body.");
  CO_TRY(call.body, parse_document(body));
  co_return Status();
}

// Who nobody knows is told nothing, not even which paths there are.
Task<json> AdminApi::answer(http::Request& request, Call& call, Match& match) {
  match = find_route(request.method(), request.path().substr(kPrefix.size()));
  CO_TRY(co_await read_body(request, call, match));
  if (!match.route && !match.allow.empty()) co_return fail(Code::method_not_allowed);
  if (!match.route) co_return fail(Code::no_such_entity, "There is no such path in the admin API.");
  CO_TRY(check_parameters(call.query));
  for (const std::string_view value : match.values) {
    CO_TRY(call.path.emplace_back(), s3wire::percent_decode(value));
  }
  if (const Route& route = *match.route; !route.action.empty())
    CO_TRY(authorize(call, route.action, route.resource(call)));
  co_return co_await match.route->handler(call);
}

Task<void> AdminApi::handle(http::Request& request, http::Response& response) {
  request.trace_id = next_request_id();
  Call call{parts_, config_};
  call.now = parts_.clock.now_ms();
  call.facts = facts_of(request, config_.region, call.now);
  Match match;
  Result<json> done = fail(Code::internal);
  try {
    done = co_await answer(request, call, match);
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) throw;
    done = fail(Code::canceled);
  }
  response.field("x-amz-request-id", request.trace_id);
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "no-store");
  if (match.route) audit(request, call, *match.route, done ? Status() : Status(fail(done.error())));
  if (done) {
    response.status(match.route->status);
    co_return co_await response.send(text_of(*done));
  }
  const Error& error = done.error();
  const int status = s3wire::s3_error(error.code).status;
  response.status(status);
  if (!match.allow.empty()) response.field("Allow", match.allow);
  if (status == 503) response.field("Retry-After", "1");
  if (status >= 500)
    log::error("administration failed", {{"request", request.trace_id},
                                         {"path", request.path()},
                                         {"error", code_name(error.code)},
                                         {"context", error.context}});
  co_return co_await response.send(text_of(error_document(error, request.trace_id)));
}

}  // namespace cairn::admin::api
