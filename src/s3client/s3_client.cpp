#include "cairn/s3client/s3_client.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cairn/s3wire/checksums.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/uri.hpp"

#include "s3client/answer.hpp"

namespace cairn::s3client {

// An answered request whose body is still to be read.
struct S3Client::Exchange {
  std::unique_ptr<http::ClientConnection> connection;
  int status = 0;
  ObjectInfo info;
};

struct S3Client::Progress {
  bool drawn = false;  // the body's source has given bytes, which cannot be had twice
  bool lost = false;   // reading from the connection has failed
};

Result<std::unique_ptr<S3Client>> S3Client::create(S3ClientOptions options, const Clock& clock) {
  TRY(ServerAddress address, ServerAddress::parse(options.endpoint));
  http::ClientOptions http;
  if (address.tls) {
    TRY(http.tls, http::tls_client_context(options.tls));
  }
  http.connect = options.connect;
  http.stall = options.stall;
  return std::unique_ptr<S3Client>(
      new S3Client(std::move(options), std::move(address), std::move(http), clock));
}

S3Client::S3Client(S3ClientOptions options, ServerAddress address, http::ClientOptions http,
                   const Clock& clock)
    : options_(std::move(options)),
      address_(std::move(address)),
      clock_(clock),
      client_(std::move(http), options_.max_idle_connections) {}

S3Client::~S3Client() = default;

Result<s3wire::OutgoingRequest> S3Client::prepare(const Call& call, const ServerAddress& address) {
  s3wire::OutgoingRequest request{.method = call.method, .path = "/", .query = {}, .headers = call.headers};
  if (!call.bucket.empty() && options_.path_style) {
    s3wire::append_uri_encoded(request.path, call.bucket, s3wire::Slash::encode);
    if (!call.key.empty()) request.path += '/';
  }
  s3wire::append_uri_encoded(request.path, call.key, s3wire::Slash::keep);
  auto query = call.query;
  std::sort(query.begin(), query.end());
  for (const auto& [name, value] : query) {
    if (!request.query.empty()) request.query += '&';
    s3wire::append_uri_encoded(request.query, name, s3wire::Slash::encode);
    request.query += '=';
    s3wire::append_uri_encoded(request.query, value, s3wire::Slash::encode);
  }
  request.headers.emplace_back("host", address.host_header);
  std::string hash(s3wire::kUnsignedPayload);
  if (call.signing == PayloadSigning::hash) {
    if (call.body.source)
      return fail(Code::invalid_argument, "the body of a source cannot be hashed before it is sent");
    hash = call.body.size == 0 ? std::string(s3wire::kEmptySha256)
                               : to_hex(as_bytes(crypto::raw_text(crypto::sha256(call.body.bytes.bytes))));
  }
  s3wire::sign_request(request, options_.credentials, {.region = options_.region, .service = "s3"},
                       clock_.now_ms(), hash, keys_);
  return request;
}

Task<void> S3Client::send(http::ClientConnection& connection, const Call& call,
                          const s3wire::OutgoingRequest& signed_request, Progress& progress) {
  std::string target = signed_request.path;
  if (!signed_request.query.empty()) target.append("?").append(signed_request.query);
  std::vector<http::Field> fields;
  for (const auto& [name, value] : signed_request.headers) fields.push_back({name, value});
  http::ClientRequest request;
  request.method = signed_request.method;
  request.target = target;
  request.fields = fields;
  request.content_length = call.body.size;
  if (!call.body.source) co_return co_await connection.send(request, call.body.bytes.bytes);

  // Asking first finds out about a connection that has died before the source has given anything.
  request.expect_continue = call.body.size > 0;
  CO_TRY(co_await connection.send(request));
  if (request.expect_continue) {
    const auto wanted = co_await connection.wait_continue();
    progress.lost = !wanted;
    if (!wanted) co_return fail(wanted.error());
    if (!*wanted) co_return Status{};
  }
  for (;;) {
    progress.drawn = true;
    CO_TRY(const Slice piece, co_await call.body.source());
    if (piece.empty()) co_return Status{};
    CO_TRY(co_await connection.write_body(piece.bytes));
  }
}

Task<S3Client::Exchange> S3Client::exchange(Call call) {
  const ServerAddress address =
      options_.path_style || call.bucket.empty() ? address_ : address_.with_bucket(call.bucket);
  CO_TRY(const s3wire::OutgoingRequest request, prepare(call, address));
  Progress progress;
  for (bool fresh = false;; fresh = true) {
    CO_TRY(http::Client::Lease lease, co_await client_.acquire(address.endpoint, fresh));
    const Status sent = co_await send(*lease.connection, call, request, progress);
    // Where writing failed the server may have answered before it closed; where reading failed nothing more
    // comes.
    Result<const http::ClientResponse*> head = nullptr;
    if (progress.lost)
      head = fail(sent.error());
    else
      head = co_await lease.connection->read_head();
    if (!head) {
      if (lease.reused && !progress.drawn && head.error().is(Code::connection_closed)) continue;
      co_return fail(sent ? head.error() : sent.error());
    }
    Exchange result;
    result.status = (*head)->status;
    result.info = read_object_info(**head);
    result.connection = std::move(lease.connection);
    if (result.status >= 300) {
      std::string text;
      if (auto body = co_await result.connection->read_body_text(kMaxErrorBody)) text = std::move(*body);
      client_.release(std::move(result.connection));
      co_return fail(read_error(result.status, text));
    }
    if (!sent) co_return fail(sent.error());
    co_return result;
  }
}

Task<S3Client::Answer> S3Client::call(Call call) {
  CO_TRY(Exchange exchanged, co_await exchange(std::move(call)));
  Answer answer;
  answer.status = exchanged.status;
  answer.info = std::move(exchanged.info);
  CO_TRY(answer.body, co_await exchanged.connection->read_body_text(kMaxAnswerBody));
  client_.release(std::move(exchanged.connection));
  co_return answer;
}

Task<ObjectStream> S3Client::get(ObjectName name, Headers headers) {
  Call call;
  call.method = "GET";
  call.bucket = std::move(name.bucket);
  call.key = std::move(name.key);
  if (!name.version_id.empty()) call.query.emplace_back("versionId", std::move(name.version_id));
  call.headers = std::move(headers);
  CO_TRY(Exchange exchanged, co_await exchange(std::move(call)));
  co_return ObjectStream(client_, std::move(exchanged.connection), std::move(exchanged.info));
}

ObjectStream::ObjectStream(http::Client& client, std::unique_ptr<http::ClientConnection> connection,
                           ObjectInfo info)
    : client_(&client), connection_(std::move(connection)), info_(std::move(info)) {}
ObjectStream::ObjectStream(ObjectStream&&) noexcept = default;
ObjectStream& ObjectStream::operator=(ObjectStream&&) noexcept = default;
ObjectStream::~ObjectStream() = default;

Task<std::size_t> ObjectStream::read_some(MutableBytes into) {
  if (!connection_) co_return std::size_t{0};
  CO_TRY(const std::size_t n, co_await connection_->read_body_some(into));
  if (n == 0) client_->release(std::move(connection_));
  co_return n;
}

Task<std::string> ObjectStream::read_all(std::size_t limit) {
  if (info_.size > limit) co_return fail(Code::max_message_length_exceeded, "the object is too large");
  std::string text(info_.size, '\0');
  std::size_t have = 0;
  for (;;) {
    // One byte more than announced, so that the end is seen.
    if (have == text.size()) text.resize(std::min(have + 4096, limit + 1));
    CO_TRY(const std::size_t n,
           co_await read_some(std::as_writable_bytes(std::span(text.data() + have, text.size() - have))));
    if (n == 0) break;
    have += n;
    if (have > limit) co_return fail(Code::max_message_length_exceeded, "the object is too large");
  }
  text.resize(have);
  co_return text;
}

}  // namespace cairn::s3client
