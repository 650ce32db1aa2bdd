#include "drive/register.hpp"

namespace cairn::drive {

Ballot PromiseTable::find(const std::string& key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? Ballot{} : it->second.ballot;
}

void PromiseTable::set(const std::string& key, Ballot ballot) {
  const auto [it, added] = by_key_.try_emplace(key);
  if (!added) oldest_first_.erase(it->second.place);
  it->second = {ballot, oldest_first_.insert(oldest_first_.end(), &it->first)};
  if (by_key_.size() <= limit_) return;
  const auto oldest = by_key_.find(*oldest_first_.front());
  raise_floor(oldest->second.ballot);
  oldest_first_.pop_front();
  by_key_.erase(oldest);
}

void PromiseTable::forget_all() {
  by_key_.clear();
  oldest_first_.clear();
}

}  // namespace cairn::drive
