#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/buffer.hpp"
#include "cairn/base/clock.hpp"
#include "cairn/base/metrics.hpp"
#include "cairn/http/message.hpp"
#include "cairn/http/server.hpp"
#include "cairn/iam/identity_store.hpp"
#include "cairn/store/store.hpp"

namespace cairn::admin {

class VerifyPass;

// Who may read /metrics without a token.
enum class MetricsAccess { loopback, everybody, nobody };

struct ServiceConfig {
  MetricsAccess metrics_access = MetricsAccess::loopback;
  std::string metrics_token;         // not empty: a bearer of it may always read
  std::vector<std::string> domains;  // as in s3: a virtual host's paths are keys, not ours
  std::string version, revision;
  std::string region = "us-east-1";  // that requests of the API are signed for
};

// What the admin API stands on.
struct ApiParts {
  store::Store& store;
  iam::IdentityStore& identities;
  VerifyPass& verify;
  const Clock& clock;
};

struct ServiceParts {
  store::Store& store;
  MetricRegistry& metrics;
  const BufferPool& buffers;
  const MemoryBudget& budget;
  ApiParts api;
};

// /health/live, /health/ready and /metrics, and the admin API below /_admin/v1, on the port of S3. Buckets
// may be called "health" or "metrics": exactly these three paths are taken, for GET and HEAD, and only of
// requests that carry no signature. No bucket's name has an underscore, so all of the API's paths are taken.
// docs/api/admin.yaml describes it. Thread-safe. No background work.
class AdminService {
 public:
  AdminService(ServiceParts parts, ServiceConfig config);
  ~AdminService();

  bool takes(const http::Request& request) const;
  asio::awaitable<void> handle(http::Request& request, http::Response& response);
  // Shows the connections of a server; the server outlives the last request.
  void watch(const http::Server& server);
  // From now on not ready, so that balancers send nothing more.
  void set_stopping();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::admin
