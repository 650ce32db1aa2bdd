#include "fake_s3.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/errors.hpp"

namespace cairn::s3client {

struct FakeS3::Parsed {
  std::string method, bucket, key, body;
  s3wire::Query query;
  std::string path() const { return bucket + "/" + key; }
};

FakeS3::FakeS3() {
  http::ServerOptions options;
  options.listen = {http::Endpoint{"127.0.0.1", 0}};
  server_ = std::make_unique<http::Server>(
      context_.get_executor(), options,
      [this](http::Request& request, http::Response& response) { return handle(request, response); });
  if (!server_->start()) throw std::runtime_error("the fake server does not start");
  thread_ = std::thread([this] { context_.run(); });
}

FakeS3::~FakeS3() {
  server_->stop(std::chrono::milliseconds(0));
  server_.reset();
  work_.reset();
  context_.stop();
  thread_.join();
}

std::string FakeS3::url() const { return "http://" + server_->endpoints().at(0).text(); }

std::size_t FakeS3::count() const {
  const std::lock_guard lock(mutex_);
  return objects_.size();
}

std::string FakeS3::object(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(path);
  return found == objects_.end() ? std::string() : found->second;
}

void FakeS3::store(const std::string& path, std::string bytes) {
  const std::lock_guard lock(mutex_);
  objects_[path] = std::move(bytes);
}

std::size_t FakeS3::uploads() const {
  const std::lock_guard lock(mutex_);
  return uploads_.size();
}

bool FakeS3::authentic(const http::Request& request) {
  std::vector<s3wire::HeaderField> headers;
  for (const http::Field& f : request.fields()) headers.push_back({f.name, f.value});
  const s3wire::HttpRequestView view{request.method(), request.path(), request.query(), headers};
  const auto query = s3wire::Query::parse(request.query());
  if (!query) return false;
  const auto claim = s3wire::parse_auth(view, *query, {}, clock_.now_ms());
  if (!claim || claim->type != s3wire::AuthType::header || claim->access_key != credentials().access_key)
    return false;
  return s3wire::verify_signature(view, *query, *claim, credentials().secret_key, keys_).has_value();
}

asio::awaitable<void> FakeS3::error(http::Response& response, Code code) {
  response.reset();
  response.status(s3wire::s3_error(code).status);
  (void)co_await response.send(s3wire::render_error_xml(Error(code), "/", "request-id", "host"));
}

asio::awaitable<void> FakeS3::handle(http::Request& request, http::Response& response) {
  Parsed p;
  p.method = request.method();
  const std::string path = s3wire::percent_decode(request.path().substr(1)).value_or("");
  p.bucket = path.substr(0, path.find('/'));
  if (p.bucket.size() < path.size()) p.key = path.substr(p.bucket.size() + 1);
  p.query = s3wire::Query::parse(request.query()).value_or(s3wire::Query());
  const bool good = authentic(request);
  if (refusals > 0) {
    --refusals;
    co_return response.abort();
  }
  auto body = co_await request.read_body_text(64u << 20);
  if (!body) co_return response.abort();
  p.body = std::move(*body);
  if (cuts > 0) {
    --cuts;
    // The client sees a kept connection until it uses it.
    response.close_after();
  }
  if (losses > 0) {
    --losses;
    co_return response.abort();
  }
  if (!good) {
    ++bad_signatures;
    co_return co_await error(response, Code::signature_does_not_match);
  }
  if (p.key.empty()) co_return co_await handle_bucket(p, response);
  if (slow_downs > 0) {
    --slow_downs;
    co_return co_await error(response, Code::slow_down);
  }
  if (p.query.has("uploadId") || p.query.has("uploads")) co_return co_await handle_upload(p, response);
  co_await handle_object(p, response);
}

asio::awaitable<void> FakeS3::handle_bucket(Parsed& p, http::Response& response) {
  std::unique_lock lock(mutex_);
  const bool exists = buckets_.contains(p.bucket);
  if (p.method == "PUT") {
    buckets_[p.bucket] = true;
    lock.unlock();
    co_return (void) co_await response.send();
  }
  if (!exists) {
    lock.unlock();
    co_return co_await error(response, Code::no_such_bucket);
  }
  if (p.method == "DELETE") {
    buckets_.erase(p.bucket);
    lock.unlock();
    response.status(204);
    co_return (void) co_await response.send();
  }
  if (p.method == "POST") {
    const auto wanted = s3wire::parse_delete(p.body);
    if (wanted)
      for (const auto& target : wanted->objects) objects_.erase(p.bucket + "/" + target.key);
    lock.unlock();
    const s3wire::DeleteResult result;
    co_return (void) co_await response.send(result.render());
  }
  if (p.method == "HEAD") {
    lock.unlock();
    co_return (void) co_await response.send();
  }
  s3wire::ListObjectsV2Result result;
  result.bucket = p.bucket;
  result.prefix = p.query.get("prefix");
  result.max_keys = p.query.number("max-keys", 1000, 1000).value_or(1000);
  result.url_encoding = p.query.has("encoding-type");
  const std::string after(p.query.get("continuation-token"));
  for (const auto& [path, bytes] : objects_) {
    if (!path.starts_with(p.bucket + "/" + result.prefix)) continue;
    const std::string key = path.substr(p.bucket.size() + 1);
    if (key <= after) continue;
    if (result.contents.size() == result.max_keys) {
      result.truncated = true;
      result.next_continuation_token = result.contents.back().key;
      break;
    }
    s3wire::ObjectEntry entry;
    entry.key = key;
    entry.size = bytes.size();
    entry.etag = "etag";
    result.contents.push_back(entry);
  }
  lock.unlock();
  co_return (void) co_await response.send(result.render());
}

asio::awaitable<void> FakeS3::handle_object(Parsed& p, http::Response& response) {
  std::unique_lock lock(mutex_);
  if (p.method == "PUT") {
    objects_[p.path()] = p.body;
    lock.unlock();
    response.field("ETag", "\"etag\"");
    response.field("x-amz-version-id", "v1");
    co_return (void) co_await response.send();
  }
  if (p.method == "DELETE") {
    objects_.erase(p.path());
    lock.unlock();
    response.status(204);
    co_return (void) co_await response.send();
  }
  const auto found = objects_.find(p.path());
  if (found == objects_.end()) {
    lock.unlock();
    co_return co_await error(response, Code::no_such_key);
  }
  std::string bytes = found->second;
  lock.unlock();
  if (corrupt && !bytes.empty()) bytes[bytes.size() / 2] ^= 1;
  response.field("ETag", "\"etag\"");
  response.field("Content-Type", "text/plain");
  response.field("Last-Modified", "Mon, 23 Nov 2026 12:34:56 GMT");
  response.field("x-amz-meta-color", "blue");
  co_return (void) co_await response.send(std::move(bytes));
}

asio::awaitable<void> FakeS3::handle_upload(Parsed& p, http::Response& response) {
  std::unique_lock lock(mutex_);
  const std::string id(p.query.get("uploadId"));
  if (p.query.has("uploads")) {
    s3wire::InitiateMultipartUploadResult result{p.bucket, p.key, fmt::format("upload+{}/=", next_upload_++)};
    uploads_[result.upload_id];
    lock.unlock();
    co_return (void) co_await response.send(result.render());
  }
  const auto upload = uploads_.find(id);
  if (upload == uploads_.end()) {
    lock.unlock();
    co_return co_await error(response, Code::no_such_upload);
  }
  if (p.method == "PUT") {
    const auto number = static_cast<int>(p.query.number("partNumber", 0, 10'000).value_or(0));
    upload->second[number] = p.body;
    lock.unlock();
    response.field("ETag", fmt::format("\"part-{}\"", number));
    co_return (void) co_await response.send();
  }
  if (p.method == "DELETE") {
    uploads_.erase(upload);
    lock.unlock();
    response.status(204);
    co_return (void) co_await response.send();
  }
  const auto parts = s3wire::parse_complete_multipart_upload(p.body);
  std::string whole;
  bool good = parts.has_value();
  if (good)
    for (const auto& part : *parts) {
      const auto found = upload->second.find(static_cast<int>(part.number));
      good = good && found != upload->second.end() && part.etag == fmt::format("part-{}", part.number);
      if (good) whole += found->second;
    }
  if (!good) {
    lock.unlock();
    co_return co_await error(response, Code::invalid_part);
  }
  objects_[p.path()] = std::move(whole);
  uploads_.erase(upload);
  lock.unlock();
  s3wire::CompleteMultipartUploadResult result;
  result.bucket = p.bucket;
  result.key = p.key;
  result.etag = "etag-2";
  co_return (void) co_await response.send(result.render());
}

}  // namespace cairn::s3client
