#pragma once
#include <functional>
#include <memory>

#include "cairn/store/store.hpp"

#include "server/settings.hpp"

namespace cairn::server {

// How the object layer is opened: Store::open, or a test's own.
using OpenStore = std::function<Result<std::unique_ptr<store::Store>>(
    asio::any_io_executor, store::StoreConfig, BufferPool&, MemoryBudget&, MetricRegistry&)>;

// Runs the server until SIGTERM or SIGINT; called once, by main, before any other thread is started.
Status run_server(const Settings& settings, const OpenStore& open_store);

}  // namespace cairn::server
