#include "unit/store/register_sim.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

namespace cairn::store::sim {
namespace {

std::uint64_t schedules(std::uint64_t bounded, std::uint64_t longer) {
  const char* set = std::getenv("CAIRN_LONG");
  return set && *set && *set != '0' ? longer : bounded;
}

struct Case {
  Shape shape;
  bool replace, calm;
};
std::string name_of(const testing::TestParamInfo<Case>& p) {
  return std::to_string(p.param.shape.drives) + "Drives" + std::to_string(p.param.shape.data) + "Data" +
         (p.param.replace ? "Replaced" : "") + (p.param.calm ? "Calm" : "");
}

class RegisterSchedules : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Sets, RegisterSchedules,
                         testing::Values(Case{{1, 1}, false, false}, Case{{2, 1}, false, false},
                                         Case{{3, 2}, false, false}, Case{{4, 2}, false, false},
                                         Case{{5, 3}, false, false}, Case{{6, 3}, false, false},
                                         Case{{12, 6}, false, false}, Case{{3, 2}, true, false},
                                         Case{{4, 2}, true, false}, Case{{5, 3}, true, false},
                                         Case{{6, 3}, true, false}, Case{{12, 6}, true, false},
                                         Case{{3, 2}, false, true}, Case{{4, 2}, true, true}),
                         name_of);

TEST_P(RegisterSchedules, EveryHistoryIsLinearizableAndEveryDriveAgreesInTheEnd) {
  const Case& c = GetParam();
  const std::uint64_t runs = schedules(c.shape.drives > 6 ? 60 : 250, c.shape.drives > 6 ? 10'000 : 40'000);
  Outcome sum;
  const char* const only = std::getenv("CAIRN_SIM_SEED");
  for (std::uint64_t seed = only ? std::strtoull(only, nullptr, 10) : 1; seed <= runs; ++seed) {
    Options o;
    o.shape = c.shape;
    o.seed = seed;
    o.replace = c.replace;
    o.calm = c.calm;
    o.trace = only != nullptr;
    const Outcome out = run(o);
    ASSERT_TRUE(out.ok) << "seed " << seed << ": " << out.problem;
    if (only) return;  // CAIRN_SIM_SEED: one schedule, traced
    sum.acknowledged += out.acknowledged, sum.reads += out.reads, sum.unknown += out.unknown,
        sum.purges += out.purges;
    sum.fills += out.fills, sum.carried += out.carried, sum.refused += out.refused, sum.lost += out.lost;
  }
  // The schedules got somewhere.
  EXPECT_GT(sum.acknowledged, runs / 6);
  EXPECT_GT(sum.reads, runs / 6);
  if (c.shape.drives > 1) {
    EXPECT_GT(sum.carried + sum.unknown, 0u);
  }
  if (c.replace) {
    EXPECT_GT(sum.fills, 0u);
  }
  if (std::getenv("CAIRN_LONG"))
    std::printf(
        "runs %llu acknowledged %u reads %u unknown %u refused %u purges %u fills %u carried %u lost %u\n",
        static_cast<unsigned long long>(runs), sum.acknowledged, sum.reads, sum.unknown, sum.refused,
        sum.purges, sum.fills, sum.carried, sum.lost);
}

// The simulation sees what a protocol without the rule does: at least one history that no register could have
// given.
struct Mutation {
  const char* name;
  Bug bug;
  Shape shape;
  bool replace;
};
class RuleLeftOut : public testing::TestWithParam<Mutation> {};
INSTANTIATE_TEST_SUITE_P(
    Rules, RuleLeftOut,
    testing::Values(Mutation{"NoFloorAfterARestart", Bug::no_floor, {3, 2}, false},
                    Mutation{"AcceptWithoutAPromise", Bug::no_live_promise, {3, 2}, false},
                    Mutation{"OneAcceptanceTooFew", Bug::w_minus_one, {4, 2}, false},
                    Mutation{"ReadWhatIsOpen", Bug::open_read, {4, 2}, false},
                    Mutation{"AbsenceOnAReplacedDrive", Bug::absent, {5, 3}, true},
                    Mutation{"ForgetBeforeAllDrivesHoldIt", Bug::partial_purge, {4, 2}, false},
                    Mutation{"ProposeAgainAfterAnAccept", Bug::propose_again, {4, 2}, false}),
    [](const auto& p) { return std::string(p.param.name); });

TEST_P(RuleLeftOut, IsFound) {
  for (std::uint64_t seed = 1; seed <= 100'000; ++seed) {
    Options o;
    o.shape = GetParam().shape;
    o.seed = seed;
    o.bug = GetParam().bug;
    o.replace = GetParam().replace;
    const Outcome out = run(o);
    if (out.ok || out.problem.find("not linearizable") == std::string::npos) continue;
    RecordProperty("seed", static_cast<int>(seed));
    return;
  }
  FAIL() << "no schedule showed it";
}

}  // namespace
}  // namespace cairn::store::sim
