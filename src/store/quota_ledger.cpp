#include "store/quota_ledger.hpp"

namespace cairn::store {
namespace {

constexpr std::int64_t kSlot = 100;  // late writes are remembered to so many milliseconds

UsageInfo sum(UsageInfo a, UsageInfo b) { return {a.objects + b.objects, a.bytes + b.bytes}; }
UsageInfo difference(UsageInfo a, UsageInfo b) { return {a.objects - b.objects, a.bytes - b.bytes}; }

}  // namespace

QuotaLedger::Verdict QuotaLedger::ask(const BucketQuota& quota, UsageInfo more, std::int64_t now) const {
  if (!read_at_ || now - *read_at_ >= kTrusted) return Verdict::read;
  // What is under way may fail; what has ended lately may be counted already.
  const UsageInfo least = sum(counted_, more);
  const UsageInfo most = sum(sum(least, flying_), late_sum_);
  if (quota.allows(most.bytes, most.objects)) return Verdict::admit;
  if (now - *read_at_ >= kRecheck) return Verdict::read;
  return quota.allows(least.bytes, least.objects) ? Verdict::wait : Verdict::refuse;
}

void QuotaLedger::begin(UsageInfo more) { flying_ = sum(flying_, more); }
void QuotaLedger::end(UsageInfo more) { flying_ = difference(flying_, more); }

void QuotaLedger::finish(UsageInfo more, std::int64_t now) {
  end(more);
  late_sum_ = sum(late_sum_, more);
  if (late_.empty() || now >= late_.back().at) late_.push_back({now + kSlot, {}});
  late_.back().amount = sum(late_.back().amount, more);
}

void QuotaLedger::take(UsageInfo counted, std::int64_t asked) {
  if (read_at_ && *read_at_ > asked) return;
  counted_ = counted;
  read_at_ = asked;
  while (!late_.empty() && asked - late_.front().at >= kLearned) {
    late_sum_ = difference(late_sum_, late_.front().amount);
    late_.pop_front();
  }
}

bool QuotaLedger::idle(std::int64_t now) const {
  return flying_.objects == 0 && flying_.bytes == 0 && (late_.empty() || now - late_.back().at >= kLearned);
}

}  // namespace cairn::store
