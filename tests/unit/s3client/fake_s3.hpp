#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "cairn/base/clock.hpp"
#include "cairn/http/server.hpp"
#include "cairn/s3wire/sigv4.hpp"
#include "cairn/s3wire/uri.hpp"

namespace cairn::s3client {

// A server with as much S3 as the client uses, on a port of its own on loopback, objects in memory. It checks
// every signature as the real one does, and fails on demand.
class FakeS3 {
 public:
  FakeS3();
  ~FakeS3();
  std::string url() const;
  static s3wire::Credentials credentials() { return {"test-key", "test-secret", ""}; }

  std::size_t count() const;                          // of objects
  std::string object(const std::string& path) const;  // "bucket/key"; empty where absent
  void store(const std::string& path, std::string bytes);
  std::size_t uploads() const;  // multipart uploads that are open
  std::uint64_t connections() const { return server_->counters().accepted; }

  std::atomic<int> slow_downs{0};  // so many requests for objects are answered 503
  std::atomic<int> cuts{0};        // so many connections are closed after a request's answer, without a word
  std::atomic<int> losses{0};      // so many requests get a cut connection for an answer
  std::atomic<int> refusals{0};    // the same, before the body is asked for
  std::atomic<bool> corrupt{false};  // a get's bytes are wrong
  std::atomic<int> bad_signatures{0};

 private:
  struct Parsed;
  asio::awaitable<void> handle(http::Request& request, http::Response& response);
  asio::awaitable<void> handle_bucket(Parsed& p, http::Response& response);
  asio::awaitable<void> handle_object(Parsed& p, http::Response& response);
  asio::awaitable<void> handle_upload(Parsed& p, http::Response& response);
  asio::awaitable<void> error(http::Response& response, Code code);
  bool authentic(const http::Request& request);

  SystemClock clock_;
  s3wire::SigningKeyCache keys_;
  mutable std::mutex mutex_;
  std::map<std::string, bool> buckets_;
  std::map<std::string, std::string> objects_;
  std::map<std::string, std::map<int, std::string>> uploads_;
  int next_upload_ = 0;

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

}  // namespace cairn::s3client
