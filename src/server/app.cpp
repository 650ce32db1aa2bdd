#include "server/app.hpp"

#include <algorithm>
#include <cstdio>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "cairn/admin/verify_pass.hpp"
#include "cairn/http/server.hpp"
#include "cairn/iam/identity_store.hpp"
#include "cairn/services/lifecycle.hpp"
#include "cairn/store/quota_layer.hpp"

#include "server/credentials.hpp"
#include "server/process.hpp"
#include "server/version.hpp"
#include "server/volumes.hpp"

namespace cairn::server {
namespace {
// How long the start waits for users to be known; without enough drives they come later.
constexpr std::chrono::seconds kIdentitiesWait{3};

Result<store::StoreConfig> store_config(const Settings& s) {
  store::StoreConfig c;
  TRY(c.pools, pools_of(s.volumes));
  c.region = s.region;
  if (s.parity) TRY(check_parity(*s.parity, c.pools));
  c.parity = s.parity;
  c.memory_limit = s.memory_limit;
  c.grace = s.write_grace;
  c.patience = s.patience;
  c.upload_expiry = std::chrono::duration_cast<std::chrono::hours>(s.upload_expiry);
  c.verify_interval = std::chrono::duration_cast<std::chrono::hours>(s.verify_interval);
  c.trust_older_drives = s.trust_older_drives;
  return c;
}

s3::ServiceConfig s3_config(const Settings& s) {
  return {s.region,          s.domains,         s.access_log,   s.patience,
          s.bucket_defaults, s.website_domains, s.lifecycle_day};
}

admin::ServiceConfig admin_config(const Settings& s) {
  return {s.metrics_access,      s.metrics_token,        s.domains,
          std::string(kVersion), std::string(kRevision), s.region};
}

http::ServerOptions http_options(const Settings& s, const Identity& identity) {
  http::ServerOptions o;
  o.listen = {identity.listen};
  o.certs_dir = s.certs_dir;
  o.max_connections = s.max_connections;
  o.limits.header = s.header_timeout;
  o.limits.idle = s.idle_timeout;
  o.limits.body_stall = s.stall_timeout;
  o.limits.write_stall = s.stall_timeout;
  return o;
}

services::LifecycleOptions lifecycle_options(const Settings& s) {
  return {s.lifecycle_day, s.lifecycle_interval, static_cast<std::uint32_t>(s.lifecycle_rate)};
}

http::Handler route_to(admin::AdminService& admin, s3::S3Service& s3) {
  return [&admin, &s3](http::Request& request, http::Response& response) {
    return admin.takes(request) ? admin.handle(request, response) : s3.handle(request, response);
  };
}

void announce(const Settings& s, const Identity& identity, const http::Server& server) {
  for (const auto& endpoint : server.endpoints())
    log::info("serving", {{"address", endpoint.text()},
                          {"tls", s.certs_dir.empty() ? "no" : "yes"},
                          {"region", s.region},
                          {"version", kVersion}});
  if (!identity.generated || server.endpoints().empty()) return;
  // Not through the log, which may be kept: these are secrets, though only of this run.
  std::fprintf(stderr,
               "\nNo credentials were given; these are for this run:\n\n"
               "  export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_DEFAULT_REGION=%s\n"
               "  aws --endpoint-url %s://%s s3 ls\n\n",
               identity.root.access_key.c_str(), identity.root.secret_key.c_str(), s.region.c_str(),
               s.certs_dir.empty() ? "http" : "https", server.endpoints().front().text().c_str());
}

Task<void> load_identities(iam::IdentityStore& identities, std::promise<void>& tried) {
  Status loaded = co_await identities.load();
  if (!loaded)
    log::warn("users are not known yet: only root is served",
              {{"error", code_name(loaded.error().code)}, {"context", loaded.error().context}});
  const bool late = !loaded;
  tried.set_value();
  while (!loaded) {
    CO_TRY(co_await sleep_for(std::chrono::seconds(1)));
    loaded = co_await identities.load();
  }
  if (late) log::info("users are known");
  co_return Status();
}

void close_store(store::Store& store, IoThreads& io) {
  const Status closed = asio::co_spawn(io.executor(), store.close(), asio::use_future).get();
  if (!closed) log::error("the store did not close cleanly", {{"context", closed.error().context}});
}
}  // namespace

Status run_server(const Settings& settings, const OpenStore& open_store) {
  log::configure(settings.log_level, settings.log_json);
  TRY(const Identity identity, decide_identity(settings));
  TRY(store::StoreConfig layout, store_config(settings));
  Signals signals;
  const std::size_t files = raise_file_limit();
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned threads = settings.threads != 0 ? settings.threads : cores;
  log::info("starting",
            {{"version", kVersion}, {"revision", kRevision}, {"threads", threads}, {"open_files", files}});

  SystemClock clock;
  MetricRegistry metrics;
  BufferPool buffers;
  MemoryBudget budget(settings.memory_limit / 2);  // the other half: caches, connections, code
  s3::DigestPool digests("cairn-digest", cores);
  IoThreads io(threads);
  TRY(const auto store, open_store(io.executor(), std::move(layout), buffers, budget, metrics));
  iam::IdentityStore identities(store->documents(), clock, identity.root);
  std::promise<void> tried;
  TaskGroup loading(io.executor());
  loading.spawn("identities", [&] { return load_identities(identities, tried); });
  tried.get_future().wait_for(kIdentitiesWait);
  services::AccessLog access_log(*store, clock, metrics, services::AccessLogOptions());
  store::QuotaLayer within_quotas(*store);
  s3::S3Service s3({within_quotas, buffers, budget, metrics, digests, clock, identities, &access_log},
                   s3_config(settings));
  admin::VerifyPass verify(*store, clock, io.executor());
  admin::AdminService admin({*store, metrics, buffers, budget, {*store, identities, verify, clock}},
                            admin_config(settings));
  http::Server server(
      io.executor(), http_options(settings, identity), route_to(admin, s3),
      [&s3](const Error& error, http::Response& response) { return s3.http_error(error, response); });
  admin.watch(server);
  if (const Status started = server.start(); !started) {
    loading.stop();
    close_store(*store, io);
    return started;
  }
  announce(settings, identity, server);

  services::Lifecycle lifecycle(*store, clock, metrics, lifecycle_options(settings));
  TaskGroup background(io.executor());
  background.spawn("memory", [limit = settings.memory_limit] { return keep_memory_below(limit); });
  background.spawn("access log", [&access_log] { return access_log.run(); });
  background.spawn("lifecycle", [&lifecycle] { return lifecycle.run(); });
  signals.wait([] { log::info("certificates are taken up by themselves when their files change"); },
               [&verify] { verify.start(); });
  log::info("stopping", {{"grace_ms", settings.stop_grace.count()}});
  signals.release();
  admin.set_stopping();
  server.stop(settings.stop_grace);
  verify.stop();
  background.stop();
  loading.stop();
  (void)asio::co_spawn(io.executor(), access_log.deliver(), asio::use_future).get();
  close_store(*store, io);
  log::info("stopped");
  return {};
}

}  // namespace cairn::server
