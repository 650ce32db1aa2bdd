#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/buffer.hpp"
#include "cairn/base/clock.hpp"
#include "cairn/base/metrics.hpp"
#include "cairn/http/message.hpp"
#include "cairn/iam/identity_store.hpp"
#include "cairn/s3/digest_pool.hpp"
#include "cairn/services/access_log.hpp"
#include "cairn/store/object_layer.hpp"

namespace cairn::s3 {

enum class AccessLog { off, errors, all };

// What a new bucket is that is made without saying: with AWS today ACLs are disabled and all public access is
// blocked; before April 2023 neither was, which is what older applications count on.
enum class BucketDefaults { classic, aws };

struct ServiceConfig {
  std::string region = "us-east-1";
  std::vector<std::string> domains;  // lower case; below them buckets stand as virtual hosts
  AccessLog access_log = AccessLog::all;
  std::chrono::milliseconds patience{10'000};  // how long a request document waits for memory
  BucketDefaults bucket_defaults = BucketDefaults::classic;
  std::vector<std::string> website_domains;  // lower case; below them buckets serve their websites
  std::chrono::milliseconds lifecycle_day{86'400'000};
};

// What the service stands on; all of it outlives the service.
struct ServiceParts {
  store::ObjectLayer& layer;
  BufferPool& buffers;
  MemoryBudget& budget;  // for request documents; bodies of objects are the object layer's to admit
  MetricRegistry& metrics;
  DigestPool& digests;
  const Clock& clock;
  iam::IdentityStore& identities;
  services::AccessLog* access_log = nullptr;  // where buckets' access logs go, if anywhere
};

// Answers S3 requests: route, authenticate, authorize, and the handler of the operation (src/s3/handlers).
// Requests of the IAM and STS query APIs, which come to "/" as forms, go to iam::QueryApi.
// Thread-safe; each request runs on its connection's strand. No background work, so nothing to stop.
class S3Service {
 public:
  S3Service(ServiceParts parts, ServiceConfig config);
  ~S3Service();
  S3Service(const S3Service&) = delete;
  S3Service& operator=(const S3Service&) = delete;

  asio::awaitable<void> handle(http::Request& request, http::Response& response);
  // The S3 error document for what never became a request; an http::ErrorResponder.
  std::string http_error(const Error& error, http::Response& response);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::s3
