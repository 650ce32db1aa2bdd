#include "cairn/iam/identity.hpp"

#include <algorithm>

#include "iam/compiled.hpp"

namespace cairn::iam {

PolicyLayer::PolicyLayer(std::vector<NamedPolicy> policies) : policies_(std::move(policies)) {
  views_.reserve(policies_.size());
  for (const NamedPolicy& p : policies_) views_.push_back({&p.policy, p.name});
}

void KeyUse::note(std::string_view by, UnixMillis now) {
  constexpr UnixMillis kMinute = 60'000;
  if (now - time.load(std::memory_order_relaxed) < kMinute) return;  // the line stays shared between cores
  time.store(now, std::memory_order_relaxed);
  const auto at = std::ranges::find(kServices, by);
  service.store(static_cast<std::uint8_t>(at == kServices.end() ? 0 : at - kServices.begin()),
                std::memory_order_relaxed);
}

PolicySet Identity::policies() const {
  PolicySet set;
  if (subject->identity) set.identity = subject->identity->list();
  if (subject->boundary) set.boundary = subject->boundary->list();
  set.sessions = limit_views;
  return set;
}

bool Identity::asks_for(std::string_view lower_prefix) const {
  const auto at = std::ranges::lower_bound(asked_keys, lower_prefix);
  return at != asked_keys.end() && at->starts_with(lower_prefix);
}

const IdentityPtr& anonymous_identity() {
  static const IdentityPtr nobody = [] {
    auto identity = std::make_shared<Identity>();
    identity->subject = std::make_shared<const Subject>();
    return identity;
  }();
  return nobody;
}

void merge_keys(std::vector<std::string>& into, const Policy& policy) {
  const auto& keys = policy.compiled().keys;
  if (keys.empty()) return;
  into.insert(into.end(), keys.begin(), keys.end());
  std::ranges::sort(into);
  const auto repeated = std::ranges::unique(into);
  into.erase(repeated.begin(), repeated.end());
}

}  // namespace cairn::iam
