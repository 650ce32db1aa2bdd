#include "s3/website.hpp"

#include "cairn/s3wire/website.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/read_request.hpp"

namespace cairn::s3 {
namespace {

using Step = s3wire::WebsiteStep;

class Website {
 public:
  explicit Website(Context& c) : c_(c) {}

  Task<void> answer() {
    const Status served = co_await serve();
    if (served || c_.response.head_sent()) co_return served;
    co_return co_await send_error(served.error(), nullptr);
  }

 private:
  Task<void> serve() {
    const bool read = c_.request.method() == "GET" || c_.request.method() == "HEAD";
    if (!read) co_return fail(Code::method_not_allowed);
    CO_TRY(const store::Bucket bucket, co_await c_.layer().head_bucket(c_.bucket()));
    const std::string* xml = bucket->find_config("website");
    if (!xml) co_return fail(Code::no_such_website_configuration);
    CO_TRY(config_, s3wire::parse_website(*xml));
    const std::string host(c_.raw_header("host"));
    request_ = {c_.request.is_tls() ? "https" : "http", host, c_.request.path(), c_.request.query(),
                c_.key()};
    const Step first = s3wire::website_step(config_, request_);
    if (first.kind == Step::Kind::redirect) co_return co_await redirect(first.location, first.status);
    const Status served = co_await send(first.key, 200);
    if (served || c_.response.head_sent()) co_return served;
    const int status = s3wire::s3_error(served.error().code).status;
    if (status == 304 || status == 416 || status >= 500) co_return served;
    co_return co_await after(served.error(), status);
  }

  // The object could not be served.
  Task<void> after(const Error& error, int status) {
    bool folder = false;
    if (status == 404) {
      if (const std::string index = s3wire::folder_index(config_, request_); !index.empty()) {
        store::ObjectName name{c_.bucket(), index, {}};
        const auto there = co_await c_.layer().head(std::move(name));
        folder = there && !there->delete_marker;
      }
    }
    const Step step = s3wire::website_step_after(config_, request_, status, folder);
    if (step.kind == Step::Kind::redirect) co_return co_await redirect(step.location, step.status);
    if (step.kind != Step::Kind::error_document) co_return fail(error);
    const Status document = co_await send(step.key, step.status);
    if (document || c_.response.head_sent()) co_return document;
    const Error& second = document.error();
    co_return co_await send_error(error, &second);
  }

  // An object, if everybody may read it. A `status` of 200 leaves room for ranges and conditions.
  Task<void> send(const std::string& key, int status) {
    CO_TRY(co_await authorize(c_, s3wire::Operation::get_object, c_.bucket(), key));
    store::ObjectName name{c_.bucket(), key, {}};
    const auto reader = co_await c_.layer().open(std::move(name));
    if (!reader && !reader.error().is(Code::no_such_key)) co_return fail(reader.error());
    if (!reader || (*reader)->info().delete_marker) co_return co_await missing(key);
    const store::ObjectInfo& info = (*reader)->info();
    for (const auto& [header, value] : info.attributes.headers)
      if (header == "x-amz-website-redirect-location") co_return co_await redirect(value, 301);
    ReadRequest wanted;
    if (status == 200) {
      CO_TRY(wanted, read_request(c_));
    }
    CO_TRY(const ReadPlan plan, explain(c_, plan_read(wanted, info, {}), info));
    write_read_head(c_, plan, info);
    if (status != 200) c_.response.status(status);
    co_return co_await send_object(c_, **reader, plan);
  }

  // Who may not list the bucket is not told what it lacks.
  Task<void> missing(const std::string& key) {
    CO_TRY(const bool may_know, co_await may_list(c_, c_.bucket(), key));
    co_return fail(may_know ? Code::no_such_key : Code::access_denied, may_know ? key : std::string());
  }

  Task<void> redirect(const std::string& location, int status) {
    c_.response.status(status);
    c_.response.field("Location", location);
    return c_.response.send();
  }

  Task<void> send_error(const Error& error, const Error* document) {
    const s3wire::WebsiteError shown = describe(error);
    c_.response.status(shown.status);
    c_.response.field("Content-Type", "text/html; charset=utf-8");
    std::optional<s3wire::WebsiteError> second;
    if (document) second = describe(*document);
    return c_.response.send(
        s3wire::render_website_error(shown, c_.request.trace_id, {}, second ? &*second : nullptr));
  }

  static s3wire::WebsiteError describe(const Error& error) {
    const s3wire::S3Error& s3 = s3wire::s3_error(error.code);
    return {s3.status, s3.code, s3wire::error_message(error), {}};
  }

  Context& c_;
  s3wire::WebsiteConfiguration config_;
  s3wire::WebsiteRequest request_;
};

}  // namespace

std::string website_bucket(const Context& c) {
  return s3wire::virtual_bucket(c.raw_header("host"), c.config.website_domains);
}

Task<void> serve_website(Context& c, std::string bucket) {
  c.route.bucket = std::move(bucket);
  c.route.op = s3wire::Operation::get_object;
  c.website = true;
  act_as(c, iam::anonymous_identity());
  auto query = s3wire::Query::parse(c.request.query());
  auto key = s3wire::percent_decode(c.request.path().substr(1));
  if (query) c.route.query = std::move(*query);
  if (key) c.route.key = std::move(*key);
  Website site(c);
  co_return co_await site.answer();
}

}  // namespace cairn::s3
