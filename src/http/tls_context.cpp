#include <array>
#include <cstring>
#include <mutex>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "cairn/base/log.hpp"
#include "cairn/http/tls.hpp"

#include "http/tls_stream.hpp"

namespace cairn::http {
namespace {

constexpr std::array<unsigned char, 9> kAlpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void*) {
  for (unsigned i = 0; i < in_size; i += 1u + in[i]) {
    if (i + kAlpn.size() <= in_size && std::memcmp(in + i, kAlpn.data(), kAlpn.size()) == 0) {
      *out = in + i + 1;
      *out_size = in[i];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

Result<TlsContext> new_context(const SSL_METHOD* method) {
  TlsContext context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) return fail(Code::internal, tls_error_text());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else.
  if (SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") != 1)
    return fail(Code::internal, tls_error_text());
  return context;
}

Result<TlsContext> server_context(const std::string& certificate, const std::string& key) {
  TRY(TlsContext context, new_context(TLS_server_method()));
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
    return fail(Code::config, certificate + ": " + tls_error_text());
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    return fail(Code::config, key + ": " + tls_error_text());
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

// What tells that a file is another than before.
struct Stamp {
  ino_t inode = 0;
  off_t size = 0;
  timespec changed{};
  bool operator==(const Stamp& o) const {
    return inode == o.inode && size == o.size && changed.tv_sec == o.changed.tv_sec &&
           changed.tv_nsec == o.changed.tv_nsec;
  }
};

Stamp stamp_of(const std::string& path) {
  struct stat s{};
  if (::stat(path.c_str(), &s) != 0) return {};
  return {s.st_ino, s.st_size, s.st_mtim};
}

}  // namespace

Result<TlsContext> tls_client_context(const TlsClientOptions& options) {
  TRY(TlsContext context, new_context(TLS_client_method()));
  SSL_CTX_set_alpn_protos(context.get(), kAlpn.data(), kAlpn.size());
  if (!options.verify) return context;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  ERR_clear_error();
  const int loaded = options.ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(context.get())
                         : SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str());
  if (loaded != 1) return fail(Code::config, options.ca_file + ": " + tls_error_text());
  return context;
}

struct ServerCertificate::State {
  std::string certificate, key;
  std::chrono::milliseconds check_every;
  std::mutex mutex;
  TlsContext context;
  std::array<Stamp, 2> stamps;
  std::chrono::steady_clock::time_point checked;

  std::array<Stamp, 2> look() const { return {stamp_of(certificate), stamp_of(key)}; }
};

ServerCertificate::ServerCertificate(std::unique_ptr<State> state) : state_(std::move(state)) {}
ServerCertificate::~ServerCertificate() = default;

Result<std::unique_ptr<ServerCertificate>> ServerCertificate::load(std::string directory,
                                                                   std::chrono::milliseconds check_every) {
  auto state = std::make_unique<State>();
  state->certificate = directory + "/public.crt";
  state->key = directory + "/private.key";
  state->check_every = check_every;
  state->checked = std::chrono::steady_clock::now();
  state->stamps = state->look();
  TRY(state->context, server_context(state->certificate, state->key));
  return std::unique_ptr<ServerCertificate>(new ServerCertificate(std::move(state)));
}

TlsContext ServerCertificate::current() {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  const auto now = std::chrono::steady_clock::now();
  if (now - s.checked < s.check_every) return s.context;
  s.checked = now;
  const auto stamps = s.look();
  if (stamps == s.stamps) return s.context;
  auto fresh = server_context(s.certificate, s.key);
  // Half replaced, perhaps: the second file changes its stamp and brings another try.
  s.stamps = stamps;
  if (fresh) {
    s.context = std::move(*fresh);
    log::info("certificate reloaded", {{"file", s.certificate}});
  } else {
    log::warn("certificate not reloaded", {{"error", fresh.error().context}});
  }
  return s.context;
}

}  // namespace cairn::http
