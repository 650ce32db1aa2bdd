#include "cairn/admin/service.hpp"

#include <fmt/format.h>

#include "cairn/base/bytes.hpp"

#include "admin/api/admin_api.hpp"
#include "admin/exposition.hpp"
#include "admin/paths.hpp"

namespace cairn::admin {
namespace {
constexpr std::size_t kMaxBuckets = 1000;  // with a usage sample; a page of metrics has to end

std::string health_json(const store::StoreReport& report, bool ready, bool stopping) {
  std::size_t online = 0;
  for (const auto& d : report.drives) online += d.status.state == drive::DriveState::online;
  return fmt::format(
      R"({{"status":"{}","can_read":{},"can_write":{},"drives_online":{},"drives":{},"heal_queue":{}}})"
      "\n",
      stopping ? "stopping"
      : ready  ? "ready"
               : "degraded",
      report.can_read, report.can_write, online, report.drives.size(), report.heal_queue);
}
}  // namespace

struct AdminService::State {
  State(ServiceParts p, ServiceConfig c) : parts(p), config(std::move(c)) {}

  ServiceParts parts;
  ServiceConfig config;
  std::atomic<bool> stopping{false};
  std::atomic<const http::Server*> server{nullptr};
  api::AdminApi admin_api{parts.api, config};

  Task<void> answer(Page page, http::Request& request, http::Response& response);
  Task<void> ready(http::Request& request, http::Response& response);
  Task<void> metrics(http::Request& request, http::Response& response);
  Task<void> write_usage(Exposition& out);
  bool may_read_metrics(const http::Request& request) const;
};

AdminService::AdminService(ServiceParts parts, ServiceConfig config)
    : state_(std::make_unique<State>(parts, std::move(config))) {}
AdminService::~AdminService() = default;

bool AdminService::takes(const http::Request& request) const {
  return page_of(facts_of(request), state_->config.domains) != Page::none;
}

void AdminService::watch(const http::Server& server) { state_->server = &server; }
void AdminService::set_stopping() { state_->stopping = true; }

Task<void> AdminService::State::ready(http::Request& request, http::Response& response) {
  const store::StoreReport report = parts.store.report();
  const bool stop = stopping;
  // Ready means ready for everything; a balancer of readers asks for the read quorum alone.
  const bool ok = !stop && report.can_read && (report.can_write || request.query() == "quorum=read");
  response.status(ok ? 200 : 503);
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "no-store");
  co_return co_await response.send(health_json(report, ok, stop));
}

bool AdminService::State::may_read_metrics(const http::Request& request) const {
  const std::string_view authorization = request.field("authorization");
  if (!config.metrics_token.empty() && authorization.size() > 7 &&
      equal_constant_time(authorization.substr(7), config.metrics_token))
    return true;
  switch (config.metrics_access) {
    case MetricsAccess::everybody:
      return true;
    case MetricsAccess::nobody:
      return false;
    case MetricsAccess::loopback:
      // What a proxy on this machine passes on comes from elsewhere.
      return is_loopback(request.remote().host) && !request.fields().has("x-forwarded-for") &&
             !request.fields().has("forwarded");
  }
  return false;
}

Task<void> AdminService::State::write_usage(Exposition& out) {
  CO_TRY(const auto buckets, co_await parts.store.list_buckets());
  std::vector<std::pair<std::string, store::UsageInfo>> usage;
  for (const auto& b : buckets) {
    if (usage.size() == kMaxBuckets) break;
    auto u = co_await parts.store.usage(b->name);
    if (u) usage.emplace_back(b->name, *u);
  }
  out.single("cairn_buckets", "gauge", "Buckets.", static_cast<double>(buckets.size()));
  out.family("cairn_bucket_objects", "gauge", "Objects in the bucket (of the first 1,000 buckets).");
  for (const auto& [name, u] : usage)
    out.sample("cairn_bucket_objects", {{"bucket", name}}, static_cast<double>(u.objects));
  out.family("cairn_bucket_bytes", "gauge",
             "Bytes of the objects in the bucket (of the first 1,000 buckets).");
  for (const auto& [name, u] : usage)
    out.sample("cairn_bucket_bytes", {{"bucket", name}}, static_cast<double>(u.bytes));
  co_return Status();
}

Task<void> AdminService::State::metrics(http::Request& request, http::Response& response) {
  if (!may_read_metrics(request)) {
    response.status(403);
    response.field("Content-Type", "text/plain; charset=utf-8");
    co_return co_await response.send(std::string("metrics are not open to this address\n"));
  }
  Exposition out;
  out.family("cairn_build_info", "gauge", "1; what is running.");
  out.sample("cairn_build_info", {{"version", config.version}, {"revision", config.revision}}, 1);
  write_store(out, parts.store.report());
  (void)co_await write_usage(out);  // without a quorum there is no usage to show
  write_memory(out, parts.buffers, parts.budget);
  if (const http::Server* s = server) write_http(out, s->counters());
  write_process(out);
  response.field("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  co_return co_await response.send(parts.metrics.render() + out.take());
}

Task<void> AdminService::State::answer(Page page, http::Request& request, http::Response& response) {
  switch (page) {
    case Page::ready:
      co_return co_await ready(request, response);
    case Page::metrics:
      co_return co_await metrics(request, response);
    case Page::api:
      co_return co_await admin_api.handle(request, response);
    default:
      break;
  }
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "no-store");
  co_return co_await response.send(std::string("{\"status\":\"live\"}\n"));
}

asio::awaitable<void> AdminService::handle(http::Request& request, http::Response& response) {
  // An error here is the connection's: there is nobody left to tell.
  (void)co_await state_->answer(page_of(facts_of(request), state_->config.domains), request, response);
}

}  // namespace cairn::admin
