#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "cairn/store/object_layer.hpp"
#include "cairn/store/quota.hpp"

namespace cairn::store {

// What a bucket with a quota holds, as far as this process knows: the counters as they were last read, the
// writes under way, and those that ended so lately that the counters may not have them yet. Too high rather
// than too low: a write that the counters have already may be counted twice until it is old enough. One
// owner, no locks; times are milliseconds of a steady clock.
class QuotaLedger {
 public:
  // By then the drives have learned of an acknowledged write, and the counters have it.
  static constexpr std::int64_t kLearned = 3'000;
  static constexpr std::int64_t kRefresh = 1'000;  // the counters are read again at most so often
  static constexpr std::int64_t kRecheck = 200;    // but before a write is refused, sooner
  static constexpr std::int64_t kTrusted = 2'000;  // others write too, and a crash leaves counters behind

  enum class Verdict : std::uint8_t {
    admit,
    read,    // the counters have to be read first
    wait,    // whether it fits hangs on what becomes of other writes: ask again soon
    refuse,  // it does not fit, whatever becomes of them
  };
  Verdict ask(const BucketQuota& quota, UsageInfo more, std::int64_t now) const;
  // Whether the counters should be read, though the answer does not hang on it.
  bool stale(std::int64_t now) const { return !read_at_ || now - *read_at_ >= kRefresh; }

  void begin(UsageInfo more);                     // a write is under way
  void end(UsageInfo more);                       // it came to nothing, or is not counted
  void finish(UsageInfo more, std::int64_t now);  // it was acknowledged
  // What the counters said; `asked` is when they were asked.
  void take(UsageInfo counted, std::int64_t asked);
  // The counters have everything: nothing is lost with this.
  bool idle(std::int64_t now) const;

 private:
  struct Late {
    std::int64_t at = 0;
    UsageInfo amount;
  };
  UsageInfo counted_, flying_, late_sum_;
  std::deque<Late> late_;
  std::optional<std::int64_t> read_at_;
};

}  // namespace cairn::store
