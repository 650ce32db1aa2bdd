#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cairn/http/server.hpp"

#include "http/head.hpp"
#include "http/wire.hpp"

namespace cairn::http {

// Serves one connection: reads heads, calls the handler, sends what it answers, one request after another.
// The coroutine run() and all other calls are on one strand.
class Session {
 public:
  struct Context {
    const ServerOptions& options;
    const Handler& handler;
    const ErrorResponder& errors;
    ServerCounters& counters;
  };
  Session(std::unique_ptr<Stream> stream, Context context, asio::any_io_executor executor);

  // Until the connection ends, for whatever reason; never throws what a handler throws.
  asio::awaitable<void> run();
  // Answers 503 to the first request and ends: too many connections.
  asio::awaitable<void> refuse();
  // Ends the connection now if it waits for a request, else after the one under way.
  void stop();
  void cut();  // ends it whatever it does
  const asio::any_io_executor& executor() const { return executor_; }

 private:
  friend class Request;
  friend class Response;

  const Limits& limits() const { return context_.options.limits; }
  asio::awaitable<bool> serve_next();
  Task<bool> read_head();
  Status accept_head();
  asio::awaitable<void> call_handler();
  asio::awaitable<void> answer_error(const Error& error);
  asio::awaitable<bool> drain();
  asio::awaitable<void> linger();
  asio::awaitable<void> end();
  void count_bytes();

  // For Request and Response.
  Task<void> send_continue();
  Task<std::size_t> read_body(MutableBytes into);
  Task<void> send_pieces(std::span<const Slice> body, bool last);
  void build_head();
  bool body_goes_out() const;
  bool must_close() const;

  Context context_;
  asio::any_io_executor executor_;
  Endpoint remote_;
  Wire wire_;
  HeadScanner scanner_;
  std::string head_text_;  // the request's head: views of request_ point into it
  RequestHead head_;
  Request request_;
  Response response_;
  BodyReader body_;
  std::string out_;  // the answer's head or chunk framing
  std::vector<Bytes> pieces_;
  bool continue_owed_ = false;  // the client waits for 100 Continue before its body
  bool keep_alive_ = false;
  bool is_head_ = false;
  bool idle_ = false;
  bool stopping_ = false;
  bool cut_ = false;
  std::uint64_t counted_in_ = 0;
  std::uint64_t counted_out_ = 0;
};

}  // namespace cairn::http
