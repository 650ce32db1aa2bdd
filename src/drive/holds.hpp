#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "cairn/base/clock.hpp"

namespace cairn::drive {

// Who still reads what others released: collection leaves alone what became due after the oldest hold began.
// Thread-safe; the holds may outlive it.
class Holds {
 public:
  std::shared_ptr<const void> begin(UnixMillis now) { return std::make_shared<const Hold>(all_, now); }

  std::optional<UnixMillis> oldest() const {
    const std::lock_guard lock(all_->mutex);
    if (all_->begun.empty()) return std::nullopt;
    return *all_->begun.begin();
  }

 private:
  struct All {
    std::mutex mutex;
    std::multiset<UnixMillis> begun;
  };
  class Hold {
   public:
    Hold(std::shared_ptr<All> all, UnixMillis now) : all_(std::move(all)) {
      const std::lock_guard lock(all_->mutex);
      at_ = all_->begun.insert(now);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
      const std::lock_guard lock(all_->mutex);
      all_->begun.erase(at_);
    }

   private:
    std::shared_ptr<All> all_;
    std::multiset<UnixMillis>::iterator at_;
  };
  std::shared_ptr<All> all_ = std::make_shared<All>();
};

}  // namespace cairn::drive
