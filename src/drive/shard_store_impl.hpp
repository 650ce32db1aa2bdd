#pragma once
#include "drive/shard_store.hpp"

namespace cairn::drive {

// Tells the drive of an error that concerns it, and passes the result on.
template <class T>
Result<T> report(const ShardStoreConfig& config, Result<T> result, ShardFault kind = ShardFault::io) {
  if (result || !config.fault) return result;
  switch (result.error().code) {
    case Code::drive_full:
      config.fault(ShardFault::full, result.error());
      break;
    case Code::io:
    case Code::offline:
    case Code::permission:
      config.fault(kind, result.error());
      break;
    default:
      break;
  }
  return result;
}

// A sync that fails for any reason leaves unknown what is durable.
inline Status report_sync(const ShardStoreConfig& config, Status result) {
  if (!result && config.fault) config.fault(ShardFault::sync, result.error());
  return result;
}

}  // namespace cairn::drive
