// Arbitrary bytes as what a client sends, cut at arbitrary places: whole sessions with heads, bodies in every
// framing, pipelining and answers. The first byte chooses how the handler behaves, the second how the bytes
// are cut.
#include <cstdint>
#include <cstdlib>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "cairn/http/server.hpp"

#include "../fakes/memory_stream.hpp"

namespace {

using namespace cairn;
using namespace cairn::http;

asio::awaitable<void> handle(unsigned mode, Request& request, Response& response) {
  std::size_t total = 0;
  if (mode & 1) {
    std::array<std::byte, 100> piece;
    for (;;) {
      const auto n = co_await request.read_body_some(piece);
      if (!n || *n == 0) break;
      total += *n;
    }
    // A body that was read to its end has the length that was announced.
    if (request.body_done() && request.content_length() && total != *request.content_length()) std::abort();
  }
  for (const Field& f : request.fields())
    if ((mode & 2) != 0) response.field(f.name, f.value);
  if (mode & 4) {
    response.start_chunked();
    if (!co_await response.write(Slice::of(std::string(request.target())))) co_return;
    (void)co_await response.finish();
  } else {
    (void)co_await response.send(std::string(request.path()) + "\n" + std::string(request.query()));
  }
}

// Every answer begins with a status line, and no field that was sent back split one.
void check(const std::string& written) {
  if (!written.empty() && !written.starts_with("HTTP/1.1 ")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned mode = data[0];
  std::size_t cut = data[1];
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::deque<std::string> pieces;
  while (!text.empty()) {
    cut = (cut * 131 + 7) % 1021;
    const std::size_t n =
        data[1] == 0 ? text.size() : std::min<std::size_t>(text.size(), cut % (1u + data[1]) + 1);
    pieces.emplace_back(text.substr(0, n));
    text.remove_prefix(n);
  }
  ServerOptions options;
  options.limits.request_line = 256;
  options.limits.header_section = 1024;
  options.limits.fields = 20;
  options.limits.drain = 64;
  const Handler handler = [mode](Request& request, Response& response) {
    return handle(mode, request, response);
  };
  const ErrorResponder errors;
  ServerCounters counters;
  fakes::MemoryStream::Log log;
  asio::io_context context;
  const auto at_end = (mode & 8) != 0 ? fakes::MemoryStream::AtEnd::cut : fakes::MemoryStream::AtEnd::eof;
  auto stream = std::make_unique<fakes::MemoryStream>(std::move(pieces), log, at_end);
  if (mode & 16) stream->limit_writes(5);
  bool ended = false;
  asio::co_spawn(context, serve_stream(std::move(stream), options, handler, errors, counters),
                 [&ended](std::exception_ptr e, Status) {
                   if (e) std::rethrow_exception(e);
                   ended = true;
                 });
  context.run();
  if (!ended || !log.closed) std::abort();
  check(log.written);
  return 0;
}
