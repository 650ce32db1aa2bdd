#pragma once
#include "cairn/http/tls.hpp"

#include "server/admin/plan.hpp"
#include "server/admin/target.hpp"

namespace cairn::server {

// What the server answered: 2xx with its document, else the error's code and message.
struct AdminAnswer {
  int status = 0;
  nlohmann::json document;
};

// Sends signed requests to the admin API, one connection each; blocks. Not thread-safe. Errors are those of
// the way: connection_closed, io, config for an endpoint that is none, bad_http for an answer that is no
// JSON.
class AdminClient {
 public:
  AdminClient(AdminTarget target, http::TlsClientOptions tls, const Clock& clock)
      : target_(std::move(target)), tls_(std::move(tls)), clock_(clock) {}

  // Of a list all pages as one: {"items": [...]}.
  Result<AdminAnswer> ask(const AdminRequest& request);

 private:
  Result<AdminAnswer> send(const AdminRequest& request, const std::string& after);

  AdminTarget target_;
  http::TlsClientOptions tls_;
  const Clock& clock_;
  s3wire::SigningKeyCache keys_;
};

}  // namespace cairn::server
