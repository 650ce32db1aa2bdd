#include "http/session.hpp"

namespace cairn::http {

const Endpoint& Request::remote() const { return session_.remote_; }
std::string_view Request::tls_version() const { return session_.wire_.stream().tls_version(); }
bool Request::body_done() const { return session_.body_.done(); }

Task<std::size_t> Request::read_body_some(MutableBytes into) { return session_.read_body(into); }

Task<std::size_t> Request::read_body_full(MutableBytes into) {
  std::size_t total = 0;
  while (total < into.size()) {
    CO_TRY(const std::size_t n, co_await read_body_some(into.subspan(total)));
    if (n == 0) break;
    total += n;
  }
  co_return total;
}

Task<Slice> Request::read_body(BufferPool& pool, std::size_t size) {
  if (body_done()) co_return Slice();
  if (content_length_ && session_.body_.left() < size) size = static_cast<std::size_t>(session_.body_.left());
  Buffer buffer = pool.get(size);
  CO_TRY(const std::size_t n, co_await read_body_full(buffer.span()));
  if (n == 0) co_return Slice();
  co_return Buffer::share(std::move(buffer), 0, n);
}

Task<std::string> Request::read_body_text(std::size_t limit) {
  if (content_length_.value_or(0) > limit)
    co_return fail(Code::max_message_length_exceeded, "the request body is too long");
  std::string text;
  std::size_t used = 0;
  for (;;) {
    // One byte more than allowed shows that there is too much.
    const std::size_t room = content_length_ ? static_cast<std::size_t>(*content_length_) : used + 16384;
    text.resize(std::min(room, limit + 1));
    if (used == text.size() && body_done()) break;
    CO_TRY(const std::size_t n,
           co_await read_body_full(std::as_writable_bytes(std::span(text).subspan(used))));
    used += n;
    if (used > limit) co_return fail(Code::max_message_length_exceeded, "the request body is too long");
    if (used < text.size()) break;
  }
  text.resize(used);
  co_return text;
}

}  // namespace cairn::http
