#pragma once
#include <memory>
#include <string>

#include "cairn/http/stream.hpp"
#include "cairn/http/tls.hpp"

namespace cairn::http {

// TLS over another stream, by OpenSSL working in memory. A client checks the peer's certificate against
// `server_name` if the context verifies, and sends it as SNI; a server leaves it empty.
Result<std::unique_ptr<Stream>> make_tls_server_stream(std::unique_ptr<Stream> lower,
                                                       const TlsContext& context);
Result<std::unique_ptr<Stream>> make_tls_client_stream(std::unique_ptr<Stream> lower,
                                                       const TlsContext& context,
                                                       const std::string& server_name);

// The oldest entry of OpenSSL's error queue as text; clears the queue.
std::string tls_error_text();

}  // namespace cairn::http
