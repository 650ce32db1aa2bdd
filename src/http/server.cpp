#include "cairn/http/server.hpp"

#include <mutex>
#include <unordered_map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "cairn/base/log.hpp"

#include "http/plain_stream.hpp"
#include "http/session.hpp"
#include "http/tls_stream.hpp"

namespace cairn::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr std::size_t kMaxRefusals = 256;  // connections told 503 at a time; further ones are just closed

struct Counted {
  explicit Counted(std::atomic<std::uint64_t>& counter) : counter_(counter) { ++counter_; }
  ~Counted() { --counter_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::atomic<std::uint64_t>& counter_;
};

Result<tcp::acceptor> open_acceptor(const asio::any_io_executor& executor, const tcp::endpoint& endpoint,
                                    bool both_families, int backlog) {
  tcp::acceptor acceptor(executor);
  error_code ec;
  const auto step = [&](auto&& action) {
    if (!ec) action();
  };
  step([&] { acceptor.open(endpoint.protocol(), ec); });
  step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), ec); });
  if (endpoint.protocol() == tcp::v6())
    step([&] { acceptor.set_option(asio::ip::v6_only(!both_families), ec); });
  step([&] { acceptor.bind(endpoint, ec); });
  step([&] { acceptor.listen(backlog, ec); });
  if (ec) return fail(Code::io, ec.message());
  return acceptor;
}

}  // namespace

struct Server::State {
  asio::any_io_executor executor;
  ServerOptions options;
  Handler handler;
  ErrorResponder errors;
  ServerCounters counters;
  std::unique_ptr<ServerCertificate> certificate;
  std::vector<tcp::acceptor> acceptors;
  std::vector<Endpoint> endpoints;
  std::atomic<std::uint64_t> refusing{0};

  std::mutex mutex;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions;
  bool stopping = false;
  bool stopped = false;

  TaskGroup connections;
  TaskGroup accepting;

  State(asio::any_io_executor e, ServerOptions o, Handler h, ErrorResponder r)
      : executor(e),
        options(std::move(o)),
        handler(std::move(h)),
        errors(std::move(r)),
        connections(e),
        accepting(e) {}

  Status listen_on(const Endpoint& endpoint);
  Task<void> accept_loop(tcp::acceptor& acceptor);
  void accepted(tcp::socket socket);
  Task<void> serve(std::shared_ptr<tcp::socket> socket, std::shared_ptr<Counted> held, bool refuse);
  bool enter(const std::shared_ptr<Session>& session);
  void leave(Session* session);
  void for_each_session(void (Session::*action)());
  bool empty();
};

Status Server::State::listen_on(const Endpoint& endpoint) {
  const auto add = [&](Result<tcp::acceptor> acceptor) -> Status {
    if (!acceptor) return fail(acceptor.error().code, endpoint.text() + ": " + acceptor.error().context);
    const tcp::endpoint bound = acceptor->local_endpoint();
    acceptors.push_back(std::move(*acceptor));
    endpoints.push_back({bound.address().to_string(), bound.port()});
    return {};
  };
  if (endpoint.host.empty()) {
    auto both = open_acceptor(executor, {tcp::v6(), endpoint.port}, true, options.backlog);
    if (both || endpoint.port == 0) {
      if (both) return add(std::move(both));
    }
    auto v4 = open_acceptor(executor, {tcp::v4(), endpoint.port}, false, options.backlog);
    return add(std::move(v4));
  }
  error_code ec;
  tcp::resolver resolver(executor);
  const auto found =
      resolver.resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::passive, ec);
  if (ec) return fail(Code::config, endpoint.text() + ": " + ec.message());
  // A name may stand for several addresses: with one port for all where it is given.
  for (const auto& entry : found) {
    TRY(add(open_acceptor(executor, entry.endpoint(), false, options.backlog)));
    if (endpoint.port == 0) break;
  }
  return {};
}

Task<void> Server::State::accept_loop(tcp::acceptor& acceptor) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!accepting.stopping()) {
    error_code ec;
    tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) {
      accepted(std::move(socket));
    } else if (ec == asio::error::operation_aborted) {
      break;
    } else if (ec != asio::error::connection_aborted) {
      // Out of descriptors or memory: others must end first, and trying at once would only spin.
      log::warn("accept failed", {{"error", ec.message()}});
      if (!co_await sleep_for(100ms)) break;
    }
  }
  co_return Status{};
}

void Server::State::accepted(tcp::socket socket) {
  const bool refuse = counters.open.load(std::memory_order_relaxed) >= options.max_connections;
  if (refuse) {
    ++counters.rejected;
    // A refusal under TLS would cost a handshake, which is what there is no capacity for.
    if (certificate || refusing >= kMaxRefusals) return;
  } else {
    ++counters.accepted;
  }
  error_code ec;
  socket.set_option(tcp::no_delay(true), ec);
  auto shared = std::make_shared<tcp::socket>(std::move(socket));
  auto held = std::make_shared<Counted>(refuse ? refusing : counters.open);
  // The coroutine owns both, so that they are gone when the group counts it as ended.
  connections.spawn("http connection",
                    [this, shared = std::move(shared), held = std::move(held), refuse]() mutable {
                      return serve(std::move(shared), std::move(held), refuse);
                    });
}

Task<void> Server::State::serve(std::shared_ptr<tcp::socket> socket, std::shared_ptr<Counted>, bool refuse) {
  std::unique_ptr<Stream> stream = make_plain_stream(std::move(*socket));
  if (certificate) {
    auto tls = make_tls_server_stream(std::move(stream), certificate->current());
    if (!tls) co_return fail(tls.error());
    stream = std::move(*tls);
  }
  const auto own_executor = co_await asio::this_coro::executor;
  const auto session = std::make_shared<Session>(
      std::move(stream), Session::Context{options, handler, errors, counters}, own_executor);
  if (enter(session)) {
    // Not a conditional expression: GCC 12 destroys the coroutine of one twice.
    if (refuse) {
      co_await session->refuse();
    } else {
      co_await session->run();
    }
  }
  leave(session.get());
  co_return Status{};
}

bool Server::State::enter(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock(mutex);
  if (!stopping) sessions.emplace(session.get(), session);
  return !stopping;
}

void Server::State::leave(Session* session) {
  const std::lock_guard lock(mutex);
  sessions.erase(session);
}

void Server::State::for_each_session(void (Session::*action)()) {
  const std::lock_guard lock(mutex);
  for (const auto& entry : sessions)
    asio::post(entry.second->executor(), [session = entry.second, action] { (*session.*action)(); });
}

bool Server::State::empty() {
  const std::lock_guard lock(mutex);
  return sessions.empty();
}

Server::Server(asio::any_io_executor executor, ServerOptions options, Handler handler, ErrorResponder errors)
    : state_(std::make_shared<State>(std::move(executor), std::move(options), std::move(handler),
                                     std::move(errors))) {}

Server::~Server() {
  if (!state_->acceptors.empty() && !state_->stopped) stop(0ms);
}

Status Server::start() {
  State& s = *state_;
  if (!s.options.certs_dir.empty()) {
    TRY(s.certificate, ServerCertificate::load(s.options.certs_dir, s.options.certs_check));
  }
  for (const Endpoint& endpoint : s.options.listen) {
    if (auto listening = s.listen_on(endpoint); !listening) {
      s.acceptors.clear();
      return listening;
    }
  }
  for (tcp::acceptor& acceptor : s.acceptors)
    s.accepting.spawn("http accept", [&s, &acceptor] { return s.accept_loop(acceptor); });
  return {};
}

std::vector<Endpoint> Server::endpoints() const { return state_->endpoints; }
const ServerCounters& Server::counters() const { return state_->counters; }

asio::awaitable<void> Server::async_stop(std::chrono::milliseconds grace) {
  State& s = *state_;
  co_await s.accepting.async_stop();
  for (tcp::acceptor& acceptor : s.acceptors) {
    error_code ec;
    acceptor.close(ec);
  }
  {
    const std::lock_guard lock(s.mutex);
    s.stopping = true;
  }
  s.for_each_session(&Session::stop);
  const auto until = std::chrono::steady_clock::now() + grace;
  while (!s.empty() && std::chrono::steady_clock::now() < until) (void)co_await sleep_for(5ms);
  s.for_each_session(&Session::cut);
  co_await s.connections.async_stop();
  s.stopped = true;
}

void Server::stop(std::chrono::milliseconds grace) {
  asio::co_spawn(state_->executor, async_stop(grace), asio::use_future).get();
}

Task<void> serve_stream(std::unique_ptr<Stream> stream, const ServerOptions& options, const Handler& handler,
                        const ErrorResponder& errors, ServerCounters& counters) {
  const auto executor = co_await asio::this_coro::executor;
  Session session(std::move(stream), Session::Context{options, handler, errors, counters}, executor);
  co_await session.run();
  co_return Status{};
}

}  // namespace cairn::http
