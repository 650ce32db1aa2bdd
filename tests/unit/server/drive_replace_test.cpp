#include "server/drive_replace.hpp"

#include <gtest/gtest.h>

namespace cairn::server {
namespace {
using Kind = drive::ProbedPath::Kind;

struct Pool {
  DeploymentId deployment = DeploymentId::from_bytes("0123456789abcdef");
  std::vector<drive::ProbedPath> paths;

  explicit Pool(std::uint32_t drives, std::uint32_t sets = 1) {
    for (std::uint32_t i = 0; i < drives; ++i) {
      drive::ProbedPath p;
      p.path = "/d" + std::to_string(i);
      p.kind = Kind::formatted;
      p.format.emplace();
      p.format->identity.deployment = deployment;
      p.format->layout = {sets, drives / sets};
      p.format->identity.set = i / (drives / sets);
      p.format->identity.slot = i % (drives / sets);
      paths.push_back(p);
    }
  }
  void lose(std::size_t i, Kind kind) {
    paths[i].kind = kind;
    paths[i].format.reset();
  }
};

TEST(DriveReplace, TheEmptyFolderTakesThePlaceOfItsPosition) {
  Pool pool(8, 2);
  pool.lose(6, Kind::empty);
  pool.lose(1, Kind::missing);
  const auto place = choose_place(pool.paths, "/d6");
  ASSERT_TRUE(place) << place.error().context;
  EXPECT_EQ(place->set, 1u);
  EXPECT_EQ(place->slot, 2u);
  EXPECT_EQ(place->deployment, pool.deployment);
}

TEST(DriveReplace, WherePathsWereReorderedItIsTheOnePlaceLeft) {
  Pool pool(4);
  pool.lose(3, Kind::empty);
  std::swap(pool.paths[0], pool.paths[3]);  // the empty one stands first, where slot 0 is
  std::swap(pool.paths[3].path, pool.paths[0].path);
  const auto place = choose_place(pool.paths, "/d0");
  ASSERT_TRUE(place) << place.error().context;
  EXPECT_EQ(place->slot, 3u);
}

TEST(DriveReplace, DoubtIsRefused) {
  Pool pool(4);
  EXPECT_FALSE(choose_place(pool.paths, "/d1")) << "it holds a drive";
  EXPECT_FALSE(choose_place(pool.paths, "/elsewhere"));
  pool.lose(1, Kind::foreign);
  EXPECT_FALSE(choose_place(pool.paths, "/d1")) << "it holds other files";
  pool.lose(1, Kind::empty);
  EXPECT_TRUE(choose_place(pool.paths, "/d1"));
  pool.paths[2].format->identity.deployment = DeploymentId::from_bytes("fedcba9876543210");
  EXPECT_FALSE(choose_place(pool.paths, "/d1")) << "two deployments";
  Pool fresh(2);
  fresh.lose(0, Kind::empty);
  fresh.lose(1, Kind::empty);
  EXPECT_FALSE(choose_place(fresh.paths, "/d1")) << "no deployment";
  Pool fewer(4);
  fewer.lose(1, Kind::empty);
  fewer.paths.pop_back();
  EXPECT_FALSE(choose_place(fewer.paths, "/d1")) << "another number of paths";
}

}  // namespace
}  // namespace cairn::server
