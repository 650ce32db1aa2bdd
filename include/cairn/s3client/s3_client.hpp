#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/clock.hpp"
#include "cairn/base/task.hpp"
#include "cairn/http/client.hpp"
#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/sigv4.hpp"

namespace cairn::s3client {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Where a server is: "http://host[:port]" or "https://host[:port]".
struct ServerAddress {
  http::Endpoint endpoint;
  bool tls = false;
  std::string host_header;  // the port left out where it is the scheme's own

  static Result<ServerAddress> parse(std::string_view url);  // invalid_argument
  // The same server under the bucket's own name.
  ServerAddress with_bucket(std::string_view bucket) const;
};

struct S3ClientOptions {
  std::string endpoint = "http://127.0.0.1:9000";
  s3wire::Credentials credentials;
  std::string region = "us-east-1";
  bool path_style = true;  // false: http://bucket.host/key
  http::TlsClientOptions tls;
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds stall{60'000};  // without a byte in either direction
  std::size_t max_idle_connections = 64;
};

// What an answer's headers say of an object.
struct ObjectInfo {
  std::uint64_t size = 0;  // of the body: of a range its length
  std::string etag;        // without quotes
  std::string version_id;  // empty where the bucket has no versions
  std::string content_type;
  UnixMillis last_modified = 0;
  Headers headers;                                             // all of them, names in lower case
  std::string_view header(std::string_view lower_name) const;  // empty where absent
};

// Where the body of a put comes from.
struct Body {
  // The next piece; empty is the end, which must come after exactly `size` bytes.
  using Source = std::function<Task<Slice>()>;

  Slice bytes;    // either this,
  Source source;  // or this and its size
  std::uint64_t size = 0;

  static Body of(Slice bytes) { return {.bytes = bytes, .source = {}, .size = bytes.size()}; }
  static Body of(std::string text) { return of(Slice::of(std::move(text))); }
  static Body of(Source source, std::uint64_t size) {
    return {.bytes = {}, .source = std::move(source), .size = size};
  }
};

enum class PayloadSigning {
  unsigned_payload,
  hash
};  // a source's body cannot be hashed ahead: invalid_argument

struct ObjectName {
  std::string bucket;
  std::string key;
  std::string version_id;  // empty: the newest
};

struct ListRequest {
  std::string bucket;
  std::string prefix;
  std::string delimiter;
  std::string continuation_token;
  std::string start_after;
  std::uint32_t max_keys = 1000;
};

struct PutResult {
  std::string etag;
  std::string version_id;
};

// The answer to a get, whose body is read on demand. Read to its end the connection is kept; dropped before,
// it is closed. Must not outlive its client; used by one coroutine at a time, on the executor of the get.
class ObjectStream {
 public:
  ObjectStream() = default;  // one that has ended; asio wants results that can be made from nothing
  ObjectStream(http::Client& client, std::unique_ptr<http::ClientConnection> connection, ObjectInfo info);
  ObjectStream(ObjectStream&&) noexcept;
  ObjectStream& operator=(ObjectStream&&) noexcept;
  ~ObjectStream();
  const ObjectInfo& info() const { return info_; }
  // At least one byte; 0 at the end. incomplete_body when the server ends before the announced size.
  Task<std::size_t> read_some(MutableBytes into);
  Task<std::string> read_all(std::size_t limit);  // max_message_length_exceeded

 private:
  http::Client* client_ = nullptr;
  std::unique_ptr<http::ClientConnection> connection_;
  ObjectInfo info_;
};

// Requests to one S3 server. Thread-safe; each call runs on its coroutine's executor, which must run one
// thing at a time (a strand), and is cancelled with it. Connections are kept and used again; a call that
// fails on a kept connection before any answer came is tried once more on a new one, unless its body came
// from a source. Nothing else is tried again: callers have their own queues. Errors: the server's as the Code
// of its S3 error, with "<S3 code>: <message>" as the context; what happened on the way as
// http::ClientConnection says. Bodies of answers but objects are limited to 16 MiB.
class S3Client {
 public:
  // config for a bad endpoint or CA file. `clock` must outlive the client.
  static Result<std::unique_ptr<S3Client>> create(S3ClientOptions options, const Clock& clock);
  ~S3Client();
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;

  Task<void> create_bucket(std::string bucket);
  Task<void> head_bucket(std::string bucket);
  Task<void> delete_bucket(std::string bucket);
  Task<s3wire::ListBucketsResult> list_buckets();

  // `headers`: anything more that the request shall say (content-type, x-amz-meta-*, if-none-match); signed
  // too.
  Task<PutResult> put(ObjectName name, Body body, PayloadSigning signing, Headers headers);
  Task<PutResult> put(ObjectName name, Body body) {
    return put(std::move(name), std::move(body), PayloadSigning::unsigned_payload, {});
  }
  // `headers`: range, if-match...
  Task<ObjectStream> get(ObjectName name, Headers headers);
  Task<ObjectInfo> head(ObjectName name, Headers headers);
  Task<void> remove(ObjectName name);
  // At most 1,000; what failed stands in the result.
  Task<s3wire::DeleteResult> remove_many(std::string bucket, s3wire::DeleteRequest request);
  Task<s3wire::ListObjectsV2Result> list(ListRequest request);

  Task<std::string> create_multipart(ObjectName name, Headers headers);  // the upload id
  Task<PutResult> upload_part(ObjectName name, std::string upload_id, std::uint32_t number, Body body,
                              PayloadSigning signing);
  Task<s3wire::CompleteMultipartUploadResult> complete_multipart(ObjectName name, std::string upload_id,
                                                                 std::vector<s3wire::CompletedPart> parts);
  Task<void> abort_multipart(ObjectName name, std::string upload_id);

  // Any request, for what has no method of its own: the answer's head, and its body up to 16 MiB.
  struct Call {
    std::string method;
    std::string bucket;  // empty: the service
    std::string key;
    std::vector<std::pair<std::string, std::string>> query;  // not encoded; sorted by the client
    Headers headers;
    Body body;
    PayloadSigning signing = PayloadSigning::hash;
  };
  struct Answer {
    int status = 0;
    ObjectInfo info;
    std::string body;
  };
  Task<Answer> call(Call call);

 private:
  struct Exchange;
  struct Progress;
  S3Client(S3ClientOptions options, ServerAddress address, http::ClientOptions http, const Clock& clock);
  Task<Exchange> exchange(Call call);
  Task<void> send(http::ClientConnection& connection, const Call& call,
                  const s3wire::OutgoingRequest& signed_request, Progress& progress);
  Result<s3wire::OutgoingRequest> prepare(const Call& call, const ServerAddress& address);

  S3ClientOptions options_;
  ServerAddress address_;
  const Clock& clock_;
  s3wire::SigningKeyCache keys_;
  http::Client client_;
};

}  // namespace cairn::s3client
