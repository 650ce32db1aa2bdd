#include "cairn/drive/format.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "fakes/powercut_fs.hpp"

namespace cairn::drive {
namespace {

using Action = FormattingPlan::Action;
using Kind = ProbedPath::Kind;
using cairn::test::PowerCutDisk;

Format sample() {
  Format f;
  f.identity = {DeploymentId::random(), DriveId::random(), 0, 1, 2, 3};
  f.layout = {.sets = 2, .drives_per_set = 4};
  f.members.resize(4);
  for (SetMember& m : f.members) m.id = DriveId::random();
  f.members[2] = {f.identity.id, 3};
  f.mount = true;
  f.complete = true;
  f.created = 1'764'000'000'123;
  return f;
}

// ---- the file ----

TEST(FormatTest, AFormatIsReadBackAsItWasWritten) {
  const Format f = sample();
  const auto back = decode_format(encode_format(f));
  ASSERT_TRUE(back) << back.error().context;
  EXPECT_EQ(*back, f);
  EXPECT_EQ(back->identity.id, f.identity.id);
  EXPECT_EQ(back->members, f.members);
  EXPECT_EQ(back->created, f.created);
}

// Format version 1 as it was released must be read for ever, and is what is written.
TEST(FormatTest, TheGoldenFileIsReadAndWritten) {
  SystemFiles files;
  const std::string folder = std::string(CAIRN_TEST_DIR) + "/golden/drive";
  const auto text = read_text_file(files, folder + "/format-1.json", 1 << 16);
  ASSERT_TRUE(text) << text.error().context;
  const auto format = decode_format(*text);
  ASSERT_TRUE(format) << format.error().context;
  EXPECT_EQ(format->identity.id.hex(), "0f0e0d0c0b0a09080706050403020100");
  EXPECT_EQ(format->identity.set, 1u);
  EXPECT_EQ(format->identity.slot, 2u);
  EXPECT_EQ(format->identity.incarnation, 3u);
  EXPECT_EQ(format->layout, (SetLayout{2, 4}));
  EXPECT_EQ(format->members[0].incarnation, 1u);
  EXPECT_TRUE(format->mount && format->complete && format->has_records);
  EXPECT_EQ(encode_format(*format), *text);
  const auto marker_text = read_text_file(files, folder + "/replace-1.json", 1 << 16);
  ASSERT_TRUE(marker_text);
  const auto marker = decode_replace_marker(*marker_text);
  ASSERT_TRUE(marker) << marker.error().context;
  EXPECT_EQ(marker->slot, 2u);
  EXPECT_EQ(encode_replace_marker(*marker), *marker_text);
}

TEST(FormatTest, EveryEditIsNoticed) {
  const std::string text = encode_format(sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string edited = text;
    edited[i] = edited[i] == '1' ? '2' : '1';
    const auto back = decode_format(edited);
    EXPECT_FALSE(back) << i << ": " << edited;
  }
  for (std::size_t i = 0; i + 2 < text.size(); ++i) EXPECT_FALSE(decode_format(text.substr(0, i)));
  EXPECT_EQ(decode_format("").error().code, Code::corrupt);
  EXPECT_EQ(decode_format("[]").error().code, Code::corrupt);
  EXPECT_EQ(decode_format(std::string(1 << 20, ' ')).error().code, Code::corrupt);
}

TEST(FormatTest, WhiteSpaceDoesNotCount) {
  std::string text = encode_format(sample());
  std::erase(text, '\n');
  EXPECT_TRUE(decode_format(text));
}

TEST(FormatTest, ANewerFormatIsUnsupportedNotCorrupt) {
  std::string text = encode_format(sample());
  const std::size_t at = text.find("\"version\": 1");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 12, "\"version\": 2");
  const auto back = decode_format(text);
  EXPECT_EQ(back.error().code, Code::unsupported);
  EXPECT_NE(back.error().context.find("newer"), std::string::npos);
}

TEST(FormatTest, ImpossibleFieldsAreNamed) {
  const auto refused = [](auto change, const char* name) {
    Format f = sample();
    change(f);
    const auto back = decode_format(encode_format(f));
    ASSERT_FALSE(back) << name;
    EXPECT_EQ(back.error().code, Code::corrupt);
    EXPECT_NE(back.error().context.find(name), std::string::npos) << back.error().context;
  };
  refused([](Format& f) { f.identity.slot = 4; }, "slot");
  refused([](Format& f) { f.identity.set = 2; }, "set");
  refused([](Format& f) { f.identity.incarnation = 0; }, "incarnation");
  refused([](Format& f) { f.identity.deployment = {}; }, "deployment");
  refused([](Format& f) { f.identity.id = {}; }, "drive");
  refused([](Format& f) { f.layout.drives_per_set = 17; }, "drives_per_set");
  refused([](Format& f) { f.layout.sets = 0; }, "sets");
  refused([](Format& f) { f.members.pop_back(); }, "drives");
  refused([](Format& f) { f.members[2].id = DriveId::random(); }, "drives");
  refused([](Format& f) { f.members[2].incarnation = 9; }, "drives");
  refused([](Format& f) { f.created = -1; }, "created_ms");
}

TEST(FormatTest, AMarkerIsReadBackAndChecked) {
  const ReplaceMarker m{DeploymentId::random(), 0, 3, 2};
  const std::string text = encode_replace_marker(m);
  EXPECT_EQ(decode_replace_marker(text).value(), m);
  EXPECT_FALSE(decode_format(text));
  EXPECT_FALSE(decode_replace_marker(encode_format(sample())));
  std::string edited = text;
  edited.replace(edited.find("\"slot\": 2"), 9, "\"slot\": 3");
  EXPECT_EQ(decode_replace_marker(edited).error().code, Code::corrupt);
}

// ---- the decision ----

// Paths as a test wants them, over one deployment of `sets` times `drives`.
class Paths {
 public:
  explicit Paths(std::uint32_t drives, std::uint32_t sets = 1, bool mounts = true) {
    request.layout = {.sets = sets, .drives_per_set = drives};
    request.now = 1'764'000'000'000;
    for (std::uint32_t i = 0; i < drives * sets; ++i) empty(i, mounts);
  }
  ProbedPath& at(std::size_t i) {
    if (request.paths.size() <= i) request.paths.resize(i + 1);
    request.paths[i].path = "/p" + std::to_string(i);
    request.paths[i].file_id = "1:" + std::to_string(i);
    return request.paths[i];
  }
  void empty(std::size_t i, bool mount) {
    at(i) = {.path = {},
             .kind = Kind::empty,
             .mount = mount,
             .file_id = {},
             .format = {},
             .marker = {},
             .detail = {}};
    at(i);
  }
  void missing(std::size_t i) {
    at(i).kind = Kind::missing;
    at(i).file_id.clear();
    request.paths[i].format.reset();
    request.paths[i].detail = "/p" + std::to_string(i) + ": stat: No such file or directory";
  }
  void formatted(std::size_t i, const Format& f) {
    at(i).kind = Kind::formatted;
    at(i).format = f;
    at(i).mount = f.mount;
  }
  // Formats every path as decide_formatting() wants it.
  FormattingPlan format_all() {
    auto plan = decide_formatting(request).value();
    for (std::size_t i = 0; i < plan.drives.size(); ++i) {
      plan.drives[i].format.complete = true;
      formatted(i, plan.drives[i].format);
    }
    return plan;
  }
  Result<FormattingPlan> decide() const { return decide_formatting(request); }

  FormattingRequest request;
};

void expect_refused(const Result<FormattingPlan>& plan, const char* words) {
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::config);
  EXPECT_NE(plan.error().context.find(words), std::string::npos) << plan.error().context;
}

TEST(FormattingTest, EmptyPathsBecomeANewDeployment) {
  for (const bool mounts : {true, false}) {
    Paths p(4, 2, mounts);
    const auto plan = p.decide();
    ASSERT_TRUE(plan) << plan.error().context;
    EXPECT_TRUE(plan->new_deployment);
    ASSERT_EQ(plan->drives.size(), 8u);
    std::set<DriveId> ids;
    for (std::uint32_t i = 0; i < 8; ++i) {
      const auto& d = plan->drives[i];
      EXPECT_EQ(d.action, Action::create);
      EXPECT_EQ(d.path, "/p" + std::to_string(i));
      EXPECT_EQ(d.format.identity.deployment, plan->deployment);
      EXPECT_EQ(d.format.identity.set, i / 4);
      EXPECT_EQ(d.format.identity.slot, i % 4);
      EXPECT_EQ(d.format.identity.incarnation, 1u);
      EXPECT_EQ(d.format.mount, mounts);
      EXPECT_EQ(d.format.members[i % 4].id, d.format.identity.id);
      EXPECT_EQ(d.format.members, plan->drives[i / 4 * 4].format.members);
      EXPECT_TRUE(decode_format(encode_format(d.format)));
      ids.insert(d.format.identity.id);
    }
    EXPECT_EQ(ids.size(), 8u);
  }
}

TEST(FormattingTest, ANewDeploymentNeedsEveryPathEmptyAndAlike) {
  {
    Paths p(4);
    p.missing(2);
    expect_refused(p.decide(), "/p2");
  }
  {
    Paths p(4);
    p.at(2).kind = Kind::foreign;
    p.at(2).detail = "it holds photos";
    expect_refused(p.decide(), "photos");
  }
  {
    Paths p(4);
    p.at(2).kind = Kind::damaged;
    p.at(2).detail = "/p2/format.json: its checksum is wrong";
    expect_refused(p.decide(), "checksum");
  }
  {
    Paths p(4);
    p.empty(2, false);
    expect_refused(p.decide(), "/p2 is not a mount point");
  }
  {
    Paths p(4);
    p.at(2).marker = ReplaceMarker{DeploymentId::random(), 0, 0, 2};
    expect_refused(p.decide(), "none of its drives is there");
  }
}

TEST(FormattingTest, CountsThatCannotBeAreRefused) {
  Paths p(4);
  p.request.layout.drives_per_set = 5;
  expect_refused(p.decide(), "4 drives were given for 1 sets of 5");
  p.request.layout = {.sets = 1, .drives_per_set = 17};
  expect_refused(p.decide(), "not possible");
  p.request.layout = {.sets = 0, .drives_per_set = 4};
  expect_refused(p.decide(), "not possible");
  p.request.paths.clear();
  expect_refused(p.decide(), "no drive was given");
}

TEST(FormattingTest, OneFolderUnderTwoNamesIsRefused) {
  Paths p(4);
  p.request.paths[3].file_id = p.request.paths[1].file_id;
  expect_refused(p.decide(), "same folder");
}

TEST(FormattingTest, FormattedDrivesAreUsed) {
  Paths p(4, 2);
  const auto first = p.format_all();
  p.request.layout = {.sets = 1, .drives_per_set = 8};  // what a later program would choose does not matter
  const auto plan = p.decide();
  ASSERT_TRUE(plan) << plan.error().context;
  EXPECT_FALSE(plan->new_deployment);
  EXPECT_EQ(plan->deployment, first.deployment);
  EXPECT_EQ(plan->layout, first.layout);
  EXPECT_TRUE(plan->updates.empty());
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(plan->drives[i].action, Action::use);
    EXPECT_EQ(plan->drives[i].format, p.request.paths[i].format);
  }
}

TEST(FormattingTest, DrivesAreFoundWhereverTheirPathsStand) {
  Paths p(4, 2);
  const auto first = p.format_all();
  std::ranges::rotate(p.request.paths, p.request.paths.begin() + 3);
  const auto plan = p.decide().value();
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(plan.drives[i].path, "/p" + std::to_string(i));
    EXPECT_EQ(plan.drives[i].format.identity.id, first.drives[i].format.identity.id);
  }
}

TEST(FormattingTest, AMissingPathIsOffline) {
  Paths p(4);
  const auto first = p.format_all();
  p.missing(2);
  const auto plan = p.decide().value();
  EXPECT_EQ(plan.drives[2].action, Action::offline);
  EXPECT_EQ(plan.drives[2].path, "/p2");
  EXPECT_NE(plan.drives[2].reason.find("No such file"), std::string::npos);
  EXPECT_EQ(plan.drives[2].format.identity.id, first.drives[2].format.identity.id) << "which drive is missed";
  EXPECT_EQ(plan.drives[2].format.identity.slot, 2u);
  for (const int i : {0, 1, 3}) EXPECT_EQ(plan.drives[i].action, Action::use);
  EXPECT_TRUE(plan.updates.empty());
}

TEST(FormattingTest, AnEmptyFolderWithoutAMountIsNeverFormatted) {
  for (const bool mounts : {true, false}) {
    Paths p(4, 1, mounts);
    p.format_all();
    p.request.paths[2] = {};
    p.empty(2, false);
    const auto plan = p.decide().value();
    EXPECT_EQ(plan.drives[2].action, Action::offline);
    EXPECT_NE(plan.drives[2].reason.find("`cairn drive replace /p2`"), std::string::npos)
        << plan.drives[2].reason;
  }
}

TEST(FormattingTest, AnEmptyMountAmongMountsIsAReplacedDrive) {
  Paths p(4);
  const auto first = p.format_all();
  p.request.paths[2] = {};
  p.empty(2, true);
  const auto plan = p.decide().value();
  const auto& d = plan.drives[2];
  EXPECT_EQ(d.action, Action::replace);
  EXPECT_EQ(d.path, "/p2");
  EXPECT_EQ(d.format.identity.slot, 2u);
  EXPECT_GT(d.format.identity.incarnation, 200u) << "beyond what the lost drive may have come to by itself";
  EXPECT_NE(d.format.identity.id, first.drives[2].format.identity.id);
  EXPECT_TRUE(d.format.mount);
  EXPECT_FALSE(d.format.has_records);
  EXPECT_TRUE(decode_format(encode_format(d.format)));
  ASSERT_EQ(plan.updates.size(), 3u) << "the others are told";
  for (const auto& [path, format] : plan.updates) {
    EXPECT_EQ(format.members[2], (SetMember{d.format.identity.id, d.format.identity.incarnation}));
    EXPECT_NE(path, "/p2");
    EXPECT_TRUE(decode_format(encode_format(format)));
  }
}

TEST(FormattingTest, AnEmptyMountAmongPlainFoldersIsNotFormatted) {
  Paths p(4, 1, false);
  p.format_all();
  p.request.paths[2] = {};
  p.empty(2, true);
  EXPECT_EQ(p.decide()->drives[2].action, Action::offline);
}

TEST(FormattingTest, EachReplacementHasAHigherIncarnationThanAnyKnown) {
  Paths p(4);
  p.format_all();
  // One survivor that missed the first replacement does not matter.
  Format knows = *p.request.paths[1].format;
  knows.members[2] = {DriveId::random(), 512};
  p.formatted(1, knows);
  p.request.paths[2] = {};
  p.empty(2, true);
  const auto plan = p.decide().value();
  EXPECT_EQ(plan.drives[2].format.identity.incarnation, 768u);
}

TEST(FormattingTest, AMarkedFolderReplacesItsPlaceMountOrNot) {
  Paths p(4, 2, false);
  const auto first = p.format_all();
  p.missing(1);
  p.request.paths[6] = {};
  p.empty(6, false);
  p.request.paths[6].marker =
      ReplaceMarker{first.deployment, 0, 0, 1};  // another position than the path's own
  const auto plan = p.decide().value();
  EXPECT_EQ(plan.drives[1].action, Action::replace);
  EXPECT_EQ(plan.drives[1].path, "/p6");
  EXPECT_EQ(plan.drives[1].format.identity.slot, 1u);
  EXPECT_FALSE(plan.drives[1].format.mount);
  EXPECT_EQ(plan.drives[6].action, Action::offline);
  EXPECT_EQ(plan.drives[6].path, "/p1") << "the path that is left takes the place that is left";
}

TEST(FormattingTest, AMarkerForATakenPlaceOrAnotherDeploymentIsNotFollowed) {
  const auto marked = [](auto marker) {
    Paths p(4);
    const auto first = p.format_all();
    p.request.paths[2] = {};
    p.empty(2, true);
    p.request.paths[2].marker = marker(first.deployment);
    return p.decide().value();
  };
  auto plan = marked([](DeploymentId d) { return ReplaceMarker{d, 0, 0, 1}; });
  EXPECT_EQ(plan.drives[2].action, Action::offline);
  EXPECT_NE(plan.drives[2].reason.find("/p1"), std::string::npos);
  plan = marked([](DeploymentId) { return ReplaceMarker{DeploymentId::random(), 0, 0, 2}; });
  EXPECT_EQ(plan.drives[2].action, Action::offline);
  plan = marked([](DeploymentId d) { return ReplaceMarker{d, 0, 7, 2}; });
  EXPECT_EQ(plan.drives[2].action, Action::offline);
}

TEST(FormattingTest, ForeignAndDamagedFoldersAreOffline) {
  Paths p(4);
  p.format_all();
  p.at(1) = {};
  p.at(1).kind = Kind::foreign;
  p.at(1).detail = "it holds photos";
  p.at(3) = {};
  p.at(3).kind = Kind::damaged;
  p.at(3).detail = "/p3/format.json: its checksum is wrong";
  const auto plan = p.decide().value();
  EXPECT_EQ(plan.drives[1].action, Action::offline);
  EXPECT_NE(plan.drives[1].reason.find("photos"), std::string::npos);
  EXPECT_EQ(plan.drives[3].action, Action::offline);
  EXPECT_NE(plan.drives[3].reason.find("checksum"), std::string::npos);
}

TEST(FormattingTest, DrivesOfSeveralDeploymentsAreRefused) {
  Paths p(4), q(4);
  p.format_all();
  q.format_all();
  p.formatted(3, *q.request.paths[3].format);
  expect_refused(p.decide(), "deployment");
}

TEST(FormattingTest, AnotherNumberOfPathsIsRefused) {
  Paths p(4);
  p.format_all();
  p.request.paths.pop_back();
  expect_refused(p.decide(), "has 4 drives");
  Paths q(4);
  q.format_all();
  q.empty(4, true);
  expect_refused(q.decide(), "5 were given");
}

TEST(FormattingTest, CopiesOfADriveAreRefused) {
  Paths p(4);
  p.format_all();
  p.formatted(3, *p.request.paths[1].format);
  expect_refused(p.decide(), "copies of one drive");
  Format other = *p.request.paths[1].format;
  other.identity.id = DriveId::random();
  other.members[1].id = other.identity.id;
  p.formatted(3, other);
  expect_refused(p.decide(), "both the drive of set 0, slot 1");
}

TEST(FormattingTest, ARetiredDriveThatCameBackIsOffline) {
  Paths p(4);
  p.format_all();
  const Format retired = *p.request.paths[1].format;
  Format newer = retired;
  newer.identity.id = DriveId::random();
  newer.identity.incarnation = 2;
  newer.members[1] = {newer.identity.id, 2};
  for (const bool newer_first : {true, false}) {
    p.formatted(newer_first ? 1 : 3, newer);
    p.formatted(newer_first ? 3 : 1, retired);
    const auto plan = p.decide().value();
    EXPECT_EQ(plan.drives[1].action, Action::use);
    EXPECT_EQ(plan.drives[1].format.identity.incarnation, 2u);
    EXPECT_EQ(plan.drives[3].action, Action::offline);
    EXPECT_NE(plan.drives[3].reason.find("replaced"), std::string::npos);
    EXPECT_EQ(plan.drives[3].path, newer_first ? "/p3" : "/p1");
  }
}

TEST(FormattingTest, ARetiredDriveAloneGivesNoUpdateThatLowersAnIncarnation) {
  Paths p(4);
  p.format_all();
  Format knows = *p.request.paths[0].format;
  knows.members[1] = {DriveId::random(), 2};
  p.formatted(0, knows);  // slot 1 was replaced; its old drive stands at path 1
  const auto plan = p.decide().value();
  EXPECT_EQ(plan.drives[1].action, Action::offline);
  EXPECT_NE(plan.drives[1].reason.find("replaced"), std::string::npos) << plan.drives[1].reason;
}

TEST(FormattingTest, AFormattingThatWasCutShortBeginsAnew) {
  Paths p(4);
  const auto first = p.decide().value();
  p.formatted(0, first.drives[0].format);  // not complete
  p.formatted(1, first.drives[1].format);
  const auto plan = p.decide();
  ASSERT_TRUE(plan) << plan.error().context;
  EXPECT_TRUE(plan->new_deployment);
  EXPECT_NE(plan->deployment, first.deployment);
  for (const auto& d : plan->drives) EXPECT_EQ(d.action, Action::create);
}

TEST(FormattingTest, AFormattingThatWasCutShortInItsSecondRoundIsCompleted) {
  Paths p(4);
  const auto first = p.decide().value();
  for (std::size_t i = 0; i < 4; ++i) {
    Format f = first.drives[i].format;
    f.complete = i < 2;
    p.formatted(i, f);
  }
  const auto plan = p.decide().value();
  EXPECT_EQ(plan.deployment, first.deployment);
  for (const auto& d : plan.drives) {
    EXPECT_EQ(d.action, Action::use);
    EXPECT_TRUE(d.format.complete);
  }
  EXPECT_EQ(plan.updates.size(), 2u);
}

TEST(FormattingTest, ASetWithoutAnyDriveIsNotFormatted) {
  Paths p(2, 2);
  p.format_all();
  for (const std::size_t i : {2u, 3u}) {
    p.request.paths[i] = {};
    p.empty(i, true);
  }
  const auto plan = p.decide().value();
  for (const std::size_t i : {2u, 3u}) {
    EXPECT_EQ(plan.drives[i].action, Action::offline);
    EXPECT_NE(plan.drives[i].reason.find("no drive of its set"), std::string::npos);
  }
}

TEST(FormattingTest, ADriveOfAnotherPoolIsRefused) {
  Paths p(4);
  p.format_all();
  p.request.pool = 1;
  expect_refused(p.decide(), "pool");
}

// ---- on a disk ----

class FormattingOnDiskTest : public testing::Test {
 protected:
  explicit FormattingOnDiskTest(std::uint64_t seed = 3) : disk_(seed) {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ensure_directory(disk_.files(), path(i)));
  }
  static std::string path(int i) { return "/p" + std::to_string(i); }
  FormattingRequest request() {
    FormattingRequest r;
    r.layout = {.sets = 1, .drives_per_set = 4};
    for (int i = 0; i < 4; ++i) r.paths.push_back(probe_path(disk_.files(), path(i)));
    return r;
  }
  void put(const std::string& file) { ASSERT_TRUE(replace_text_file(disk_.files(), file, "x")); }

  PowerCutDisk disk_;
};

TEST_F(FormattingOnDiskTest, ANewDeploymentIsFoundAgain) {
  auto plan = decide_formatting(request()).value();
  ASSERT_TRUE(carry_out(disk_.files(), plan));
  const auto again = decide_formatting(request()).value();
  EXPECT_FALSE(again.new_deployment);
  EXPECT_EQ(again.deployment, plan.deployment);
  EXPECT_TRUE(again.updates.empty());
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(again.drives[i].format, plan.drives[i].format);
    EXPECT_EQ(disk_.files().list(path(i) + "/shards")->size(), 256u);
  }
}

TEST_F(FormattingOnDiskTest, FoldersAreToldApart) {
  auto& files = disk_.files();
  EXPECT_EQ(probe_path(files, "/nothing").kind, Kind::missing);
  EXPECT_EQ(probe_path(files, "/p0").kind, Kind::empty);
  ASSERT_TRUE(files.make_directory("/p0/lost+found"));
  EXPECT_EQ(probe_path(files, "/p0").kind, Kind::empty);
  put("/p1/photo.jpg");
  EXPECT_EQ(probe_path(files, "/p1").kind, Kind::foreign);
  EXPECT_EQ(probe_path(files, "/p1/photo.jpg").kind, Kind::missing) << "a file is not a folder";
  put("/p2/format.json");
  EXPECT_EQ(probe_path(files, "/p2").kind, Kind::damaged);
  ASSERT_TRUE(files.make_directory("/p3/records"));
  EXPECT_EQ(probe_path(files, "/p3").kind, Kind::foreign)
      << "records without format.json are somebody's data";
  disk_.set_mount_point("/p0/");
  EXPECT_TRUE(probe_path(files, "/p0").mount);
}

TEST_F(FormattingOnDiskTest, ShardFilesWithoutAFormatAreSomebodysData) {
  auto& files = disk_.files();
  ASSERT_TRUE(files.make_directory("/p0/shards"));
  ASSERT_TRUE(files.make_directory("/p0/shards/ab"));
  EXPECT_EQ(probe_path(files, "/p0").kind, Kind::empty);
  put("/p0/shards/ab/file");
  EXPECT_EQ(probe_path(files, "/p0").kind, Kind::foreign);
}

TEST_F(FormattingOnDiskTest, AMarkedFolderIsFilledInForALostDrive) {
  auto plan = decide_formatting(request()).value();
  ASSERT_TRUE(carry_out(disk_.files(), plan));
  ASSERT_TRUE(ensure_directory(disk_.files(), "/fresh"));
  auto with_fresh = request();
  with_fresh.paths[2] = probe_path(disk_.files(), "/fresh");
  EXPECT_EQ(decide_formatting(with_fresh)->drives[2].action, Action::offline);

  ASSERT_TRUE(write_replace_marker(disk_.files(), "/fresh", {plan.deployment, 0, 0, 2}));
  EXPECT_FALSE(write_replace_marker(disk_.files(), "/p1", {plan.deployment, 0, 0, 2})) << "it is in use";
  with_fresh.paths[2] = probe_path(disk_.files(), "/fresh");
  auto replacing = decide_formatting(with_fresh).value();
  ASSERT_EQ(replacing.drives[2].action, Action::replace);
  ASSERT_TRUE(carry_out(disk_.files(), replacing));
  EXPECT_EQ(replacing.drives[2].action, Action::replace);
  EXPECT_FALSE(disk_.files().stat("/fresh/replace.json")) << "the marker did its work";
  EXPECT_EQ(read_format(disk_.files(), "/p0")->members[2].incarnation, 256u);
  with_fresh.paths = {probe_path(disk_.files(), "/p0"), probe_path(disk_.files(), "/p1"),
                      probe_path(disk_.files(), "/fresh"), probe_path(disk_.files(), "/p3")};
  const auto after = decide_formatting(with_fresh).value();
  EXPECT_EQ(after.drives[2].action, Action::use);
  EXPECT_EQ(after.drives[2].format.identity.incarnation, 256u);
}

TEST_F(FormattingOnDiskTest, AReplacementThatFailsIsOfflineAndTheOthersGoOn) {
  auto plan = decide_formatting(request()).value();
  ASSERT_TRUE(carry_out(disk_.files(), plan));
  ASSERT_TRUE(ensure_directory(disk_.files(), "/fresh"));
  ASSERT_TRUE(write_replace_marker(disk_.files(), "/fresh", {plan.deployment, 0, 0, 2}));
  auto with_fresh = request();
  with_fresh.paths[2] = probe_path(disk_.files(), "/fresh");
  auto replacing = decide_formatting(with_fresh).value();
  disk_.set_fault([](test::DiskOp, std::string_view path) -> std::optional<Error> {
    if (path.starts_with("/fresh")) return Error(Code::io, "injected");
    return std::nullopt;
  });
  ASSERT_TRUE(carry_out(disk_.files(), replacing));
  EXPECT_EQ(replacing.drives[2].action, Action::offline);
  EXPECT_NE(replacing.drives[2].reason.find("injected"), std::string::npos);
  disk_.set_fault({});
  with_fresh = request();
  with_fresh.paths[2] = probe_path(disk_.files(), "/fresh");
  EXPECT_EQ(decide_formatting(with_fresh)->drives[2].format.identity.incarnation, 512u)
      << "a number is used once";
}

TEST_F(FormattingOnDiskTest, AfterAPowerCutAtAnyPointEitherNothingOrAllIsFormatted) {
  unsigned fresh = 0, kept = 0;
  for (std::uint64_t cut = 1;; cut += 7) {
    PowerCutDisk disk(cut);
    FormattingRequest r;
    r.layout = {.sets = 1, .drives_per_set = 3};
    const auto probe = [&] {
      r.paths.clear();
      for (int i = 0; i < 3; ++i) r.paths.push_back(probe_path(disk.files(), path(i)));
      return decide_formatting(r);
    };
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(ensure_directory(disk.files(), path(i)));
    auto plan = probe().value();
    disk.cut_after(cut);
    const bool done = carry_out(disk.files(), plan).has_value();
    disk.power_cut();
    disk.reboot();
    auto later = probe();
    ASSERT_TRUE(later) << cut << ": " << later.error().context;
    if (done) {
      EXPECT_FALSE(later->new_deployment);
      EXPECT_EQ(later->deployment, plan.deployment);
    }
    (later->new_deployment ? fresh : kept) += 1;
    ASSERT_TRUE(carry_out(disk.files(), *later));
    for (const auto& d : probe()->drives) EXPECT_EQ(d.action, Action::use);
    if (done) break;
  }
  EXPECT_GT(fresh, 5u);
  EXPECT_GT(kept, 0u);
}

}  // namespace
}  // namespace cairn::drive
