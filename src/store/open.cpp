#include "store/erasure_store.hpp"
#include "store/supervisor.hpp"

namespace cairn::store {

Result<std::unique_ptr<Store>> Store::open(asio::any_io_executor executor, StoreConfig config,
                                           BufferPool& pool, MemoryBudget& budget, MetricRegistry& metrics) {
  if (config.pools.size() != 1) return fail(Code::config, "one pool of drives is supported so far");
  Supervisor::Config c;
  c.paths = config.pools[0];
  c.parity = config.parity;
  c.grace = config.grace;
  c.patience = config.patience;
  c.trust_older = config.trust_older_drives;
  c.cache_bytes = config.memory_limit / 4;
  c.write_buffer_bytes = config.memory_limit / 8;
  auto supervisor = std::make_unique<Supervisor>(std::move(c), pool, std::make_shared<SystemClock>());
  TRY(Topology topology, supervisor->start());
  auto store = std::make_unique<ErasureStore>(std::move(executor), std::move(config), std::move(topology),
                                              pool, budget);
  supervisor->attach(store->topology());
  store->start(std::move(supervisor));
  metrics.gauge("cairn_heal_queue_length", "Keys that wait for healing.", {},
                [s = store.get()] { return static_cast<double>(s->report().heal_queue); });
  metrics.gauge("cairn_heal_repairs", "Repairs made since the start.", {},
                [s = store.get()] { return static_cast<double>(s->healer().healed()); });
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace cairn::store
