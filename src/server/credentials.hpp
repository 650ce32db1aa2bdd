#pragma once
#include "cairn/base/result.hpp"
#include "cairn/http/endpoint.hpp"
#include "cairn/iam/identity_store.hpp"

#include "server/settings.hpp"

namespace cairn::server {

// Who is root and where to listen, which depend on each other: a server that others can reach has credentials
// of its own. Without any they are random, for this run, and the server listens on the loopback address only.
struct Identity {
  iam::RootCredential root;
  http::Endpoint listen;
  bool generated = false;
};
Result<Identity> decide_identity(const Settings& settings);  // config

}  // namespace cairn::server
