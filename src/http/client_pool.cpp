#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "http/client_state.hpp"

namespace cairn::http {

Client::Client(ClientOptions options, std::size_t max_idle_per_endpoint, std::chrono::milliseconds max_idle)
    : options_(std::move(options)), max_idle_per_endpoint_(max_idle_per_endpoint), max_idle_(max_idle) {}

Client::~Client() = default;

Task<Client::Lease> Client::acquire(Endpoint endpoint, bool fresh) {
  Lease lease;
  {
    const std::lock_guard lock(mutex_);
    const auto found = idle_.find(endpoint);
    if (found != idle_.end() && !fresh) {
      // The newest first, so that what is not needed grows old.
      auto& list = found->second;
      const auto oldest = std::chrono::steady_clock::now() - max_idle_;
      if (!list.empty() && list.back().since >= oldest) lease.connection = std::move(list.back().connection);
      if (lease.connection) list.pop_back();
      std::erase_if(list, [&](const Idle& i) { return i.since < oldest; });
    }
  }
  if (lease.connection) {
    lease.connection->state_->wire.attach(co_await asio::this_coro::executor);
    lease.reused = true;
    co_return lease;
  }
  CO_TRY(lease.connection, co_await ClientConnection::connect(std::move(endpoint), options_));
  co_return lease;
}

void Client::release(std::unique_ptr<ClientConnection> connection) {
  if (!connection || !connection->reusable()) return;
  connection->state_->wire.detach();
  const std::lock_guard lock(mutex_);
  auto& list = idle_[connection->endpoint()];
  if (list.size() < max_idle_per_endpoint_)
    list.push_back({std::move(connection), std::chrono::steady_clock::now()});
}

}  // namespace cairn::http
