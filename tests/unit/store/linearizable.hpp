#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cairn::history {

// One operation of a history. `start` and `end` are points on one clock that orders all calls and returns.
struct HistoryOp {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t start = 0;
  std::uint64_t end = kNever;  // kNever: no answer came
  bool must = true;            // false: it may have taken effect at any time after `start`, or never
  std::string text;            // for people
  // The state after the operation took effect on the given one; nothing where that would not give its answer.
  std::function<std::optional<std::string>(const std::string&)> step;
};

// Whether the operations can be put into one order that respects real time and in which each gives its
// answer: the search of Wing and Gong, with Lowe's memory of configurations (operations done, state) that led
// nowhere.
class LinearizabilityChecker {
 public:
  static bool check(std::vector<HistoryOp> ops, std::string initial) {
    std::sort(ops.begin(), ops.end(),
              [](const HistoryOp& a, const HistoryOp& b) { return a.start < b.start; });
    LinearizabilityChecker c(std::move(ops));
    return c.search(std::move(initial));
  }

 private:
  using Done = std::vector<bool>;
  explicit LinearizabilityChecker(std::vector<HistoryOp> ops) : ops_(std::move(ops)) {}

  bool search(std::string state) {
    struct Frame {
      std::string state;
      std::size_t next;  // candidate to try
      std::size_t took;  // the operation that led here
    };
    Done done(ops_.size());
    std::vector<Frame> path{{std::move(state), 0, 0}};
    while (!path.empty()) {
      Frame& frame = path.back();
      if (frame.next == 0) {
        if (finished(done)) return true;
        if (!seen_.emplace(done, frame.state).second) frame.next = ops_.size();
      }
      std::uint64_t first_end = HistoryOp::kNever;
      for (std::size_t i = 0; i < ops_.size() && ops_[i].start <= first_end; ++i)
        if (!done[i]) first_end = std::min(first_end, ops_[i].end);
      bool deeper = false;
      while (frame.next < ops_.size() && ops_[frame.next].start <= first_end) {
        const std::size_t i = frame.next++;
        if (done[i]) continue;
        if (auto after = ops_[i].step(frame.state)) {
          done[i] = true;
          path.push_back({std::move(*after), 0, i});
          deeper = true;
          break;
        }
      }
      if (deeper) continue;
      const std::size_t took = path.back().took;
      path.pop_back();
      if (!path.empty()) done[took] = false;
    }
    return false;
  }

  bool finished(const Done& done) const {
    for (std::size_t i = 0; i < ops_.size(); ++i)
      if (!done[i] && ops_[i].must) return false;
    return true;
  }

  std::vector<HistoryOp> ops_;
  std::set<std::pair<Done, std::string>> seen_;
};

}  // namespace cairn::history
