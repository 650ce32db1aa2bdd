#include "http/tls_stream.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace cairn::http {
namespace {

constexpr std::size_t kSmallInput = 4096;      // while little arrives
constexpr std::size_t kLargeInput = 64 << 10;  // in a bulk transfer: four records a read
constexpr std::size_t kMaxPlain = 128 << 10;   // encrypted before it is sent on

// The encrypted side: OpenSSL reads from `input` and appends to `output`, the stream moves both.
struct Transport {
  std::unique_ptr<std::byte[]> input;
  std::size_t capacity = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string output;
};

int transport_read(BIO* bio, char* out, std::size_t size, std::size_t* got) {
  auto* t = static_cast<Transport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = std::min(size, t->end - t->begin);
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(out, t->input.get() + t->begin, *got);
  t->begin += *got;
  return 1;
}

int transport_write(BIO* bio, const char* data, std::size_t size, std::size_t* put) {
  BIO_clear_retry_flags(bio);
  static_cast<Transport*>(BIO_get_data(bio))->output.append(data, size);
  *put = size;
  return 1;
}

long transport_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* transport_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "cairn");
    BIO_meth_set_read_ex(m, transport_read);
    BIO_meth_set_write_ex(m, transport_write);
    BIO_meth_set_ctrl(m, transport_control);
    return m;
  }();
  return method;
}

class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> lower, SSL* ssl) : lower_(std::move(lower)), ssl_(ssl) {
    BIO* bio = BIO_new(transport_method());
    BIO_set_data(bio, &transport_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
  }
  ~TlsStream() override { SSL_free(ssl_); }
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Task<void> handshake() override {
    for (;;) {
      ERR_clear_error();
      const int done = SSL_do_handshake(ssl_);
      const int why = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_, done);
      std::string text = why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ ? std::string() : failure_text();
      const auto sent = co_await flush();  // an alert too
      if (why == SSL_ERROR_NONE) co_return sent;
      if (why != SSL_ERROR_WANT_READ) co_return fail(Code::bad_http, "TLS handshake: " + text);
      if (!sent) co_return sent;
      CO_TRY(const std::size_t n, co_await receive());
      if (n == 0) co_return fail(Code::connection_closed, "the connection ended in the TLS handshake");
    }
  }

  Task<std::size_t> read_some(MutableBytes into) override {
    for (;;) {
      std::size_t total = 0;
      std::size_t n = 0;
      ERR_clear_error();
      int done = 1;
      // All the records that are there: one read of the layer below brings several.
      while (total < into.size()) {
        done = SSL_read_ex(ssl_, into.data() + total, into.size() - total, &n);
        if (done != 1) break;
        total += n;
      }
      if (total > 0) co_return total;
      const int why = SSL_get_error(ssl_, done);
      if (why == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
      if (why != SSL_ERROR_WANT_READ) co_return fail(Code::connection_closed, "TLS: " + tls_error_text());
      CO_TRY(co_await flush());  // an answer to a key update
      CO_TRY(const std::size_t got, co_await receive());
      if (got == 0)
        co_return fail(Code::connection_closed, "the connection ended without TLS's closing message");
    }
  }

  Task<std::size_t> write_some(std::span<const Bytes> pieces) override {
    std::size_t total = 0;
    ERR_clear_error();
    for (const Bytes& piece : pieces) {
      if (total >= kMaxPlain) break;
      const Bytes part = piece.first(std::min(piece.size(), kMaxPlain - total));
      std::size_t done = 0;
      while (done < part.size()) {
        std::size_t n = 0;
        if (SSL_write_ex(ssl_, part.data() + done, part.size() - done, &n) != 1)
          co_return fail(Code::connection_closed, "TLS: " + tls_error_text());
        done += n;
      }
      total += part.size();
    }
    CO_TRY(co_await flush());
    co_return total;
  }

  Task<void> shutdown() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_)) (void)SSL_shutdown(ssl_);
    ERR_clear_error();
    CO_TRY(co_await flush());
    co_return co_await lower_->shutdown();
  }

  void cancel() override { lower_->cancel(); }
  void close(bool reset) override { lower_->close(reset); }
  Endpoint remote() const override { return lower_->remote(); }
  std::string_view tls_version() const override { return SSL_get_version(ssl_); }

 private:
  std::string failure_text() const {
    if (const long verdict = SSL_get_verify_result(ssl_); verdict != X509_V_OK) {
      ERR_clear_error();
      return X509_verify_cert_error_string(verdict);
    }
    return tls_error_text();
  }

  // Reads encrypted bytes; only called when OpenSSL has used up those before.
  Task<std::size_t> receive() {
    Transport& t = transport_;
    const std::size_t last = t.end;
    const std::size_t wanted = last > 0 && last == t.capacity          ? kLargeInput
                               : last < kSmallInput || t.capacity == 0 ? kSmallInput
                                                                       : t.capacity;
    if (wanted != t.capacity) {
      t.input = std::make_unique_for_overwrite<std::byte[]>(wanted);
      t.capacity = wanted;
    }
    t.begin = t.end = 0;
    const MutableBytes room(t.input.get(), t.capacity);
    CO_TRY(const std::size_t n, co_await lower_->read_some(room));
    t.end = n;
    co_return n;
  }

  Task<void> flush() {
    std::string& out = transport_.output;
    std::size_t sent = 0;
    while (sent < out.size()) {
      const std::array<Bytes, 1> piece{as_bytes(out).subspan(sent)};
      const auto n = co_await lower_->write_some(piece);
      if (!n) {
        out.erase(0, sent);
        co_return fail(n.error());
      }
      sent += *n;
    }
    out.clear();
    if (out.capacity() > kLargeInput) std::string().swap(out);
    co_return Status{};
  }

  Transport transport_;
  std::unique_ptr<Stream> lower_;
  SSL* ssl_;
};

SSL* new_ssl(const TlsContext& context) {
  SSL* ssl = SSL_new(context.get());
  if (ssl) SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  return ssl;
}

bool is_address(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

std::string tls_error_text() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unexpected end";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

Result<std::unique_ptr<Stream>> make_tls_server_stream(std::unique_ptr<Stream> lower,
                                                       const TlsContext& context) {
  SSL* ssl = new_ssl(context);
  if (!ssl) return fail(Code::internal, tls_error_text());
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsStream>(std::move(lower), ssl);
}

Result<std::unique_ptr<Stream>> make_tls_client_stream(std::unique_ptr<Stream> lower,
                                                       const TlsContext& context,
                                                       const std::string& server_name) {
  SSL* ssl = new_ssl(context);
  if (!ssl) return fail(Code::internal, tls_error_text());
  auto stream = std::make_unique<TlsStream>(std::move(lower), ssl);
  SSL_set_connect_state(ssl);
  bool named = true;
  if (is_address(server_name)) {
    named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str()) == 1;
  } else if (!server_name.empty()) {
    named = SSL_set1_host(ssl, server_name.c_str()) == 1 &&
            SSL_set_tlsext_host_name(ssl, server_name.c_str()) == 1;
  }
  if (!named) return fail(Code::config, "not a name that TLS can check: " + server_name);
  return stream;
}

}  // namespace cairn::http
