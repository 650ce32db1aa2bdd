#pragma once
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "cairn/http/stream.hpp"

namespace cairn::http {

// A Stream over a connected TCP socket.
std::unique_ptr<Stream> make_plain_stream(asio::ip::tcp::socket socket);

}  // namespace cairn::http
