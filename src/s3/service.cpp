#include "cairn/s3/service.hpp"

#include <cmath>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "cairn/base/ids.hpp"
#include "cairn/base/log.hpp"
#include "cairn/base/request_id.hpp"

#include "s3/access_record.hpp"
#include "s3/authenticate.hpp"
#include "s3/context.hpp"
#include "s3/cors.hpp"
#include "s3/query_request.hpp"
#include "s3/service_metrics.hpp"
#include "s3/website.hpp"

namespace cairn::s3 {
namespace {
using s3wire::Operation;

std::string random_host_id() {
  std::array<std::byte, 48> raw;
  random_bytes(raw.data(), raw.size());
  return to_base64(raw);
}

// Forms and preflights carry no Signature V4 in their head; what they need is their handlers' to say.
bool needs_no_signature(Operation op) {
  return op == Operation::post_object || op == Operation::options_preflight;
}

// Their bodies, or what they find, have a say in it.
bool authorizes_itself(Operation op) {
  return op == Operation::create_bucket || op == Operation::list_buckets ||
         op == Operation::put_object_tagging || op == Operation::put_object_retention ||
         op == Operation::put_object_legal_hold;
}

// Which condition of the request failed, as S3 tells it.
std::string_view failed_condition(const Context& c) {
  for (const std::string_view name :
       {"If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since"})
    if (c.request.fields().has(name)) return name;
  return {};
}
}  // namespace

struct S3Service::State {
  State(ServiceParts p, ServiceConfig cfg)
      : parts(p), config(std::move(cfg)), host_id(random_host_id()), metrics(parts.metrics) {
    auth.region = config.region;
  }

  Task<void> check_access(Context& c);

  Task<void> process(Context& c);
  asio::awaitable<Status> guarded(Context& c);
  Task<void> answer_error(Context& c, const Error& error);
  void identify(http::Response& response, std::string_view request_id) const {
    response.field("x-amz-request-id", request_id);
    response.field("x-amz-id-2", host_id);
  }
  void log_failure(const Context& c, const Error& error) const;
  void log_access(const Context& c, const Error* error, double seconds) const;

  ServiceParts parts;
  ServiceConfig config;
  BucketAccessCache bucket_accesses;
  std::string host_id;
  s3wire::AuthConfig auth;
  s3wire::SigningKeyCache keys;
  ServiceMetrics metrics;
};

S3Service::S3Service(ServiceParts parts, ServiceConfig config)
    : state_(std::make_unique<State>(parts, std::move(config))) {}
S3Service::~S3Service() = default;

Task<void> S3Service::State::process(Context& c) {
  c.headers.reserve(c.request.fields().size());
  for (const auto& f : c.request.fields()) c.headers.push_back({f.name, f.value});
  c.view = {c.request.method(), c.request.path(), c.request.query(), c.headers};
  if (!config.website_domains.empty())
    if (std::string bucket = website_bucket(c); !bucket.empty())
      co_return co_await serve_website(c, std::move(bucket));
  CO_TRY(c.route, s3wire::route_request(c.view, config.domains));
  if (is_query_request(c)) co_return co_await answer_query(c, keys);
  CO_TRY(co_await add_cors_headers(c));
  if (!needs_no_signature(c.route.op)) CO_TRY(co_await check_access(c));
  const Handler handler = find_handler(c.route.op);
  if (!handler) co_return fail(Code::not_implemented);
  const Status done = co_await handler(c);
  if (done || c.hidden.bucket.empty()) co_return done;
  if (!done.error().is(Code::no_such_key) && !done.error().is(Code::no_such_version)) co_return done;
  // Who may not list the bucket cannot tell what is not there from what is forbidden.
  CO_TRY(const bool may_know, co_await may_list(c, c.hidden.bucket, c.hidden.key));
  if (may_know) co_return done;
  co_return fail(Code::access_denied, c.denial);
}

Task<void> S3Service::State::check_access(Context& c) {
  CO_TRY(authenticate(c, auth, keys));
  if (!authorizes_itself(c.route.op)) CO_TRY(co_await authorize_request(c));
  co_return co_await check_expected_owner(c);
}

// Exceptions mean bugs or no memory, and end here.
asio::awaitable<Status> S3Service::State::guarded(Context& c) {
  try {
    co_return co_await process(c);
  } catch (const std::bad_alloc&) {
    co_return fail(Code::overloaded, "out of memory");
  } catch (const boost::system::system_error& e) {
    if (e.code() == asio::error::operation_aborted) co_return fail(Code::canceled);  // the server stops
    co_return fail(Code::internal, e.what());
  } catch (const std::exception& e) {
    co_return fail(Code::internal, e.what());
  }
}

Task<void> S3Service::State::answer_error(Context& c, const Error& error) {
  const s3wire::S3Error& s3 = s3wire::s3_error(error.code);
  if (c.response.head_sent()) {  // the client must not take what it has for the whole
    c.response.abort();
    co_return Status();
  }
  c.response.reset();
  identify(c.response, c.request.trace_id);
  c.response.status(s3.status);
  if (error.is(Code::precondition_failed))
    if (const auto condition = failed_condition(c); !condition.empty())
      c.error_fields.emplace_back("Condition", condition);
  for (const auto& [name, value] : c.error_headers) c.response.field(name, value);
  if (s3.status == 503) c.response.field("Retry-After", "1");
  c.response.field("Content-Type", "application/xml");
  co_return co_await c.response.send(
      s3wire::render_error_xml(error, c.request.path(), c.request.trace_id, host_id, c.error_fields));
}

// What is the server's fault, with the details that the client is not told. A client that went away is
// nobody's.
void S3Service::State::log_failure(const Context& c, const Error& error) const {
  const int status = s3wire::s3_error(error.code).status;
  if (status < 500 || status == 501) return;
  const bool gone = error.is(Code::connection_closed) || error.is(Code::canceled);
  log::write(gone            ? log::Level::debug
             : status == 503 ? log::Level::warn
                             : log::Level::error,
             "request failed",
             {{"request", c.request.trace_id},
              {"operation", s3wire::operation_name(c.route.op)},
              {"bucket", c.route.bucket},
              {"key", c.route.key},
              {"error", code_name(error.code)},
              {"context", error.context}});
}

void S3Service::State::log_access(const Context& c, const Error* error, double seconds) const {
  if (error) log_failure(c, *error);
  const bool wanted =
      config.access_log == AccessLog::all || (config.access_log == AccessLog::errors && error);
  if (!wanted || !log::enabled(log::Level::info)) return;
  // The path, never the query: presigned URLs carry their signature there.
  log::info("request", {{"request", c.request.trace_id},
                        {"remote", c.request.remote().host},
                        {"operation", s3wire::operation_name(c.route.op)},
                        {"method", c.request.method()},
                        {"path", c.request.path()},
                        {"status", c.response.status()},
                        {"error", error ? s3wire::s3_error(error->code).code : std::string_view()},
                        {"received", c.bytes_received},
                        {"sent", c.response.bytes_sent()},
                        {"ms", std::round(seconds * 1e6) / 1e3},
                        {"access_key", c.principal.access_key},
                        {"decided_by", c.decided_by}});
}

asio::awaitable<void> S3Service::handle(http::Request& request, http::Response& response) {
  State& s = *state_;
  Context c{s.parts, s.config, s.bucket_accesses, request, response};
  c.now = s.parts.clock.now_ms();
  request.trace_id = next_request_id();
  s.identify(response, request.trace_id);
  const auto in_flight = s.metrics.enter();
  Status status = co_await s.guarded(c);
  if (!status) (void)co_await s.answer_error(c, status.error());  // it fails only with the connection
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - request.received).count();
  const Error* error = status ? nullptr : &status.error();
  if (error) s.metrics.count_error(error->code);
  s.metrics.count({c.route.op, response.status(), seconds, c.bytes_received, response.bytes_sent()});
  s.log_access(c, error, seconds);
  if (s.parts.access_log && c.bucket_info && c.bucket_info->find_config("logging"))
    s.parts.access_log->record(*c.bucket_info, access_record(c, error, seconds, s.host_id));
}

std::string S3Service::http_error(const Error& error, http::Response& response) {
  const std::string id = next_request_id();
  state_->identify(response, id);
  response.field("Content-Type", "application/xml");
  state_->metrics.count_error(error.code);
  log::info("malformed request",
            {{"request", id}, {"error", code_name(error.code)}, {"context", error.context}});
  return s3wire::render_error_xml(error, "", id, state_->host_id);
}

}  // namespace cairn::s3
