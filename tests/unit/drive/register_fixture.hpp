#pragma once
#include "unit/drive/drive_fixture.hpp"

namespace cairn::drive::test {

// One key on one drive, of every kind.
template <class Subject>
class Register : public testing::Test {
 protected:
  Subject subject_;
  std::string key_ = record_key(BucketId{7}, "photos/cat");
  Calls calls() { return {subject_.drive()}; }

  AcceptRequest request(Ballot ballot, StateId base, std::optional<State> state) {
    AcceptRequest r;
    r.key = key_;
    r.ballot = ballot;
    r.base = base;
    r.state = std::move(state);
    return r;
  }
  View view(bool body = false) {
    auto v = calls().read(key_, body);
    EXPECT_TRUE(v);
    return v ? std::move(*v) : View{};
  }
  bool has_work(WorkKind kind) { return !calls().work(kind)->empty(); }
  std::uint32_t heal_bits() {
    const auto items = calls().work(WorkKind::heal);
    return items->empty() ? 0 : items->at(0).missing;
  }
};

using Subjects = testing::Types<MemSubject, LocalSubject>;

}  // namespace cairn::drive::test
