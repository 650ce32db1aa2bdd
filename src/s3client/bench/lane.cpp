#include "s3client/bench/lane.hpp"

#include <chrono>

#include <fmt/format.h>

#include "cairn/s3wire/checksums.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/uri.hpp"

#include "s3client/answer.hpp"

namespace cairn::s3client::bench {
namespace {

Outcome failed(const Error& error) {
  Outcome out;
  out.error = code_name(error.code);
  out.transport = true;
  return out;
}

Outcome wrong(std::string what) {
  Outcome out;
  out.error = std::move(what);
  return out;
}

}  // namespace

std::int64_t steady_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Lane::set_path(std::uint64_t object) {
  path_.assign("/");
  if (!tools_.options.virtual_host) path_.append(tools_.options.bucket).append("/");
  tools_.objects.append_key(path_, object);
}

void Lane::set_content(std::uint64_t object, std::uint64_t offset, std::uint64_t size) {
  content_.clear();
  tools_.objects.append_content(content_, object, offset, size);
  payload_hash_ = s3wire::kUnsignedPayload;
  if (!tools_.options.sign_payload) return;
  crypto::Digest digest(crypto::DigestAlgorithm::sha256);
  for (const Bytes piece : content_) digest.update(piece);
  payload_hash_ = to_hex(as_bytes(digest.finish()));
}

Task<const http::ClientResponse*> Lane::exchange_once(const Request& r) {
  if (!connection_) {
    CO_TRY(connection_, co_await http::ClientConnection::connect(tools_.address.endpoint, tools_.http));
  }
  target_.assign(path_);
  if (!r.query.empty()) target_.append("?").append(r.query);
  http::ClientRequest request;
  request.method = r.method;
  request.target = target_;
  request.fields = tools_.signer.sign(r.method, path_, r.query, r.payload_hash, tools_.clock.now_ms());
  request.content_length = r.body_size;
  // The head is built before the first suspension, so that the signer may serve another lane then.
  const Status sent = co_await connection_->send(request, r.body);
  auto head = co_await connection_->read_head();
  if (!head && !sent) co_return fail(sent.error());
  co_return head;
}

Task<const http::ClientResponse*> Lane::exchange(Request request) {
  const bool reused = connection_ != nullptr;
  auto head = co_await exchange_once(request);
  if (!head && reused && head.error().is(Code::connection_closed)) {
    connection_.reset();
    head = co_await exchange_once(request);
  }
  if (!head) connection_.reset();
  co_return head;
}

asio::awaitable<Outcome> Lane::failed_answer(const http::ClientResponse& response) {
  const int status = response.status;
  std::string text;
  if (auto body = co_await connection_->read_body_text(kMaxErrorBody)) text = std::move(*body);
  if (!connection_->reusable()) connection_.reset();
  Outcome out;
  const auto document = s3wire::parse_error(text);
  const Code code = s3wire::code_of(document ? document->code : std::string_view(), status);
  out.error = document && !document->code.empty() ? document->code : std::string(s3wire::s3_error(code).code);
  out.slow_down = status == 503;
  co_return out;
}

asio::awaitable<Outcome> Lane::exchange_text(Request request, std::string& text) {
  const auto head = co_await exchange(request);
  if (!head) co_return failed(head.error());
  if ((*head)->status >= 300) co_return co_await failed_answer(**head);
  etag_ = (*head)->fields.get("etag");
  if (!connection_->reusable()) {
    auto body = co_await connection_->read_body_text(kMaxAnswerBody);
    if (!body) {
      connection_.reset();
      co_return failed(body.error());
    }
    text = std::move(*body);
    if (!connection_->reusable()) connection_.reset();
  }
  co_return Outcome{};
}

asio::awaitable<Outcome> Lane::put_part(std::uint64_t object, std::uint64_t offset, std::uint64_t size,
                                        std::string_view query) {
  set_content(object, offset, size);
  std::string ignored;
  const Request request{"PUT", query, payload_hash_, content_, size};
  Outcome out = co_await exchange_text(request, ignored);
  out.bytes = size;
  co_return out;
}

asio::awaitable<Outcome> Lane::put(std::uint64_t object) {
  set_path(object);
  const std::uint64_t size = tools_.objects.size(object);
  if (size >= tools_.options.multipart_threshold) co_return co_await put_parts(object, size);
  co_return co_await put_part(object, 0, size, std::string_view());
}

asio::awaitable<Outcome> Lane::put_parts(std::uint64_t object, std::uint64_t size) {
  std::string text;
  const Request begin{"POST", "uploads=", s3wire::kEmptySha256, {}, 0};
  Outcome out = co_await exchange_text(begin, text);
  if (!out.error.empty()) co_return out;
  const auto upload = s3wire::parse_initiate_multipart_upload(text);
  if (!upload) co_return wrong("MalformedAnswer");
  const std::string id = "uploadId=" + s3wire::uri_encode(upload->upload_id, s3wire::Slash::encode);

  std::vector<s3wire::CompletedPart> parts;
  for (std::uint64_t at = 0; at < size && out.error.empty(); at += tools_.options.part_size) {
    s3wire::CompletedPart part;
    part.number = static_cast<std::uint32_t>(parts.size() + 1);
    const std::string query = fmt::format("partNumber={}&{}", part.number, id);
    out = co_await put_part(object, at, std::min(tools_.options.part_size, size - at), query);
    part.etag = etag_;
    if (part.etag.size() >= 2 && part.etag.front() == '"')
      part.etag = part.etag.substr(1, part.etag.size() - 2);
    parts.push_back(std::move(part));
  }
  if (out.error.empty()) {
    const std::string document = s3wire::render_complete_multipart_upload(parts);
    const Bytes body = as_bytes(document);
    const Request complete{"POST", id, s3wire::kUnsignedPayload, std::span(&body, 1), body.size()};
    out = co_await exchange_text(complete, text);
    if (out.error.empty() && !s3wire::parse_complete_result(text)) out = wrong("CompleteFailed");
  }
  if (!out.error.empty() && !out.transport) {
    std::string ignored;
    const Request abort{"DELETE", id, s3wire::kEmptySha256, {}, 0};
    co_await exchange_text(abort, ignored);
  }
  out.bytes = size;
  co_return out;
}

Task<std::uint64_t> Lane::read_body(std::uint64_t object, bool& equal) {
  const bool verify = tools_.options.verify;
  if (verify && to_verify_.empty()) to_verify_.resize(64u << 10);
  const MutableBytes into = verify ? to_verify_ : tools_.scratch;
  std::uint64_t total = 0;
  for (;;) {
    CO_TRY(const std::size_t n, co_await connection_->read_body_some(into));
    if (n == 0) co_return total;
    if (verify) equal = equal && tools_.objects.content_equals(object, total, into.first(n));
    total += n;
  }
}

asio::awaitable<Outcome> Lane::get(std::uint64_t object) {
  set_path(object);
  const Request request{"GET", {}, s3wire::kEmptySha256, {}, 0};
  const auto head = co_await exchange(request);
  if (!head) co_return failed(head.error());
  if ((*head)->status >= 300) co_return co_await failed_answer(**head);
  Outcome out;
  out.first_byte = steady_now();
  bool equal = true;
  const auto size = co_await read_body(object, equal);
  if (!size) {
    connection_.reset();
    co_return failed(size.error());
  }
  if (!connection_->reusable()) connection_.reset();
  if (*size != tools_.objects.size(object)) co_return wrong("WrongSize");
  if (!equal) co_return wrong("WrongBytes");
  out.bytes = *size;
  co_return out;
}

asio::awaitable<Outcome> Lane::list(std::uint64_t start) {
  if (list_token_.empty())
    list_prefix_ = tools_.objects.prefix(static_cast<std::uint32_t>(start % tools_.objects.prefixes()));
  path_.assign("/");
  if (!tools_.options.virtual_host) path_.append(tools_.options.bucket);
  std::string query;
  if (!list_token_.empty())
    query = "continuation-token=" + s3wire::uri_encode(list_token_, s3wire::Slash::encode) + "&";
  query += fmt::format("list-type=2&max-keys={}&prefix=", tools_.options.max_keys);
  s3wire::append_uri_encoded(query, list_prefix_, s3wire::Slash::encode);
  list_token_.clear();
  std::string text;
  const Request request{"GET", query, s3wire::kEmptySha256, {}, 0};
  Outcome out = co_await exchange_text(request, text);
  if (!out.error.empty()) co_return out;
  // Counting elements instead of parsing them costs the client next to nothing.
  out.items = 0;
  for (std::size_t at = text.find("<Key>"); at != std::string::npos; at = text.find("<Key>", at + 5))
    ++out.items;
  static constexpr std::string_view kToken = "<NextContinuationToken>";
  if (const std::size_t at = text.find(kToken); at != std::string::npos) {
    const std::size_t from = at + kToken.size();
    list_token_ = text.substr(from, text.find('<', from) - from);
    for (std::size_t amp = list_token_.find("&amp;"); amp != std::string::npos;
         amp = list_token_.find("&amp;", amp + 1))
      list_token_.erase(amp + 1, 4);
  }
  co_return out;
}

asio::awaitable<Outcome> Lane::run(Operation operation) {
  std::string ignored;
  switch (operation.kind) {
    case OpKind::put:
      co_return co_await put(operation.object);
    case OpKind::get:
      co_return co_await get(operation.object);
    case OpKind::list:
      co_return co_await list(operation.object);
    case OpKind::stat:
      set_path(operation.object);
      break;
    case OpKind::del:
      set_path(operation.object);
      break;
  }
  const std::string_view method = operation.kind == OpKind::stat ? "HEAD" : "DELETE";
  const Request request{method, {}, s3wire::kEmptySha256, {}, 0};
  co_return co_await exchange_text(request, ignored);
}

}  // namespace cairn::s3client::bench
