#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cairn/base/clock.hpp"
#include "cairn/base/metrics.hpp"
#include "cairn/base/task.hpp"
#include "cairn/store/object_layer.hpp"

namespace cairn::services {

// One request to a bucket whose accesses are logged. Empty texts are shown as "-".
struct AccessRecord {
  UnixMillis time = 0;  // when it was received
  std::string remote_ip;
  std::string requester;  // canonical id or ARN; empty for anonymous requests
  std::string request_id;
  std::string operation;    // REST.GET.OBJECT, WEBSITE.GET.OBJECT
  std::string key;          // as in the request, percent-encoded
  std::string request_uri;  // GET /bucket/key?query HTTP/1.1
  int status = 0;
  std::string error_code;
  std::uint64_t bytes_sent = 0;
  std::optional<std::uint64_t> object_size;
  std::uint64_t total_ms = 0, turnaround_ms = 0;
  std::string referer, user_agent;
  std::string version_id;
  std::string host_id;
  std::string signature_version;  // SigV4, SigV2
  std::string authentication;     // AuthHeader, QueryString
  std::string host;
  std::string tls_version;
};

// A line of an access log, without its end ("Amazon S3 server access log format", S3 User Guide).
std::string render_access_record(const store::BucketInfo& bucket, const AccessRecord& record);

struct AccessLogOptions {
  std::chrono::milliseconds interval{std::chrono::minutes(5)};  // between two deliveries
  std::size_t object_size = 1u << 20;  // a log of this many bytes is delivered without waiting for that
  std::size_t memory = 16u << 20;      // lines that wait; more are dropped and counted
};

// Delivers the access logs of buckets to the buckets that their logging configuration names. As Amazon's, the
// delivery is on a best-effort basis: what waits is in memory, is delivered on a regular stop, and is lost by
// a crash. Thread-safe; record() takes a short lock and never waits for a drive.
class AccessLog {
 public:
  AccessLog(store::ObjectLayer& layer, const Clock& clock, MetricRegistry& metrics, AccessLogOptions options);
  ~AccessLog();

  // Without effect for a bucket that has no logging configuration.
  void record(const store::BucketInfo& bucket, const AccessRecord& record);
  // Delivers in intervals, until cancelled.
  Task<void> run();
  // Delivers all that waits. What cannot be delivered now waits on; without its target it is dropped.
  Task<void> deliver();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::services
