#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "cairn/base/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace cairn::http {

// TLS 1.2 and 1.3 settings made once and shared by connections.
using TlsContext = std::shared_ptr<ssl_ctx_st>;

// What a client trusts. `ca_file` empty: the system's store. `verify` false is for tests only.
struct TlsClientOptions {
  bool verify = true;
  std::string ca_file;
};
Result<TlsContext> tls_client_context(const TlsClientOptions& options);

// The server's certificate, from <directory>/public.crt (with its chain) and <directory>/private.key, both
// PEM. New files are taken up without a restart: current() looks at them at most once per `check_every`, and
// keeps the old certificate as long as the new files do not fit together. Thread-safe.
class ServerCertificate {
 public:
  static Result<std::unique_ptr<ServerCertificate>> load(
      std::string directory, std::chrono::milliseconds check_every = std::chrono::seconds(5));
  ~ServerCertificate();
  TlsContext current();

 private:
  struct State;
  explicit ServerCertificate(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cairn::http
