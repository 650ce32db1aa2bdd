#include <fstream>

#include <sys/mount.h>

#include "unit/drive/drive_fixture.hpp"

// Drives on file systems without space: a small tmpfs, as root.
namespace cairn::drive::test {
namespace {

namespace fs = std::filesystem;

class SmallDisk : public testing::Test {
 protected:
  void SetUp() override {
    subject_.close();
    folder_ = subject_.root() + ".small";
    fs::create_directories(folder_);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=96m") != 0)
      GTEST_SKIP() << "needs to mount a tmpfs";
    mounted_ = true;
    fs::copy(subject_.root(), folder_, fs::copy_options::recursive);
    drive_ = open(folder_);
  }
  void TearDown() override {
    drive_.reset();
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    std::error_code ignored;
    fs::remove(folder_, ignored);
  }
  std::unique_ptr<LocalDrive> open(const std::string& root) {
    LocalDriveConfig config = subject_.config();
    config.root = root;
    config.reserve_bytes = reserve_;
    return std::move(*LocalDrive::open(config));
  }
  void open_without_reserve() {
    drive_.reset();
    reserve_ = 1;
    drive_ = open(folder_);
  }
  Calls calls() { return {*drive_}; }
  static std::string key(int n) { return record_key(BucketId{1}, "key " + std::to_string(n)); }
  static AcceptRequest put_request(int n, Ballot ballot, std::size_t size) {
    AcceptRequest r;
    r.key = key(n);
    r.ballot = ballot;
    r.state = object(ballot, {inlined()}, size);
    r.body = Slice::of(std::string(size, 'f'));
    r.commit = true;
    return r;
  }
  Result<AcceptReply> fill(int n, std::size_t size = 1 << 20) {
    TRY(const Ballot ballot, promise(n));
    return calls().accept(put_request(n, ballot, size));
  }
  Result<AcceptReply> fill_with_head(int n) {
    TRY(const Ballot ballot, promise(n));
    AcceptRequest r;
    r.key = key(n);
    r.ballot = ballot;
    r.state = object(ballot, {});
    r.state->head = std::string(150'000, 'h');
    r.commit = true;
    return calls().accept(std::move(r));
  }
  Result<Ballot> promise(int n) {
    Ballot ballot = at(5);
    TRY(auto p, calls().prepare(key(n), ballot));
    if (!p.promised) {  // the drive was reopened: above its floor
      ballot = {p.highest.time + 1, 1};
      TRY(p, calls().prepare(key(n), ballot));
    }
    if (!p.promised) return fail(Code::internal, "refused");
    return ballot;
  }

  // All space but some pages is another's, until it is given back.
  std::string other() const { return folder_ + "/other"; }
  void take_space(std::uint64_t pages_left) {
    std::ofstream out(other(), std::ios::binary);
    const std::string block(1 << 20, 'o');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) continue;
    out.clear();
    out.close();
    std::ofstream rest(other(), std::ios::binary | std::ios::app);
    while (const std::uint64_t left = fs::space(folder_).available) {
      const auto size = static_cast<std::streamsize>(std::min<std::uint64_t>(left, 4096));
      ASSERT_TRUE(rest.write(block.data(), size).flush());
    }
    rest.close();
    fs::resize_file(other(), fs::file_size(other()) - pages_left * 4096);
  }
  // Gives the space back and opens the drive anew when it says that it can be.
  void give_back() {
    fs::remove(other());
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (drive_->status().state == DriveState::online && std::chrono::steady_clock::now() < patience)
      calls().flush();  // space is looked at with each batch
    EXPECT_EQ(drive_->status().state, DriveState::faulty);
    const Status reopened = drive_->reopen(false);
    ASSERT_TRUE(reopened) << reopened.error().context;
  }

  LocalSubject subject_;
  std::string folder_;
  std::uint64_t reserve_ = 0;
  bool mounted_ = false;
  std::unique_ptr<LocalDrive> drive_;
};

TEST_F(SmallDisk, BelowTheReserveDataIsRefusedAndDeletesAreNot) {
  Result<AcceptReply> r;
  int n = 0;
  for (; n < 200; ++n) {
    r = fill(n);
    if (!r) break;
  }
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::drive_full) << r.error().context;
  EXPECT_GT(n, 20);
  Calls c = calls();
  EXPECT_EQ(drive_->status().state, DriveState::online);
  EXPECT_TRUE(drive_->status().full);
  EXPECT_EQ(c.stage_file(DataId::random()).error().code, Code::drive_full);
  EXPECT_EQ(c.read(key(0), true)->committed.body.size(), std::size_t{1} << 20);
  for (int i = 0; i < n; ++i) {
    ASSERT_TRUE(c.prepare(key(i), at(6))->promised);
    AcceptRequest remove;
    remove.key = key(i);
    remove.ballot = at(6);
    remove.base = at(5);
    remove.state = nothing(at(6));
    remove.commit = true;
    const auto removed = c.accept(std::move(remove));
    ASSERT_TRUE(removed) << removed.error().context;
    ASSERT_TRUE(removed->accepted);
  }
}

TEST_F(SmallDisk, ADiskThatIsQuiteFullNeverEndsTheProcessAndComesBack) {
  open_without_reserve();
  Result<AcceptReply> r;
  int n = 0;
  for (; n < 200; ++n) {
    r = fill(n);
    if (!r) break;
  }
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::drive_full) << r.error().context;
  Calls c = calls();
  EXPECT_EQ(c.read(key(0), true)->committed.body.size(), std::size_t{1} << 20) << "reads go on";
  ASSERT_EQ(::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, "size=400m"), 0);
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  bool back = false;
  while (!back && std::chrono::steady_clock::now() < patience) {
    const auto again = fill(1000 + n++);
    back = again && again->accepted;
    if (!back && drive_->status().state != DriveState::online) (void)drive_->reopen(false);
    std::this_thread::yield();
  }
  EXPECT_TRUE(back) << drive_->status().reason;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(c.read(key(i))->committed.state.id, at(5));
}

// RocksDB would go on with a log whose first append failed when there is nothing to flush.
TEST_F(SmallDisk, AFirstChangeWithoutSpaceIsRefusedAndThoseAfterItToo) {
  open_without_reserve();
  ASSERT_TRUE(fill(0));
  for (int round = 0; round < 4; ++round) {
    drive_.reset();
    drive_ = open(folder_);
    take_space(0);
    const Status first = calls().adopt_floor(at(2'000'000 + 10'000 * static_cast<std::uint64_t>(round)));
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, Code::drive_full) << first.error().context;
    EXPECT_EQ(fill(1).error().code, Code::drive_full);
    EXPECT_TRUE(drive_->status().full);
    EXPECT_TRUE(calls().read(key(0), true)) << "reads go on";
    give_back();
  }
  EXPECT_TRUE(fill(1)->accepted);
}

TEST_F(SmallDisk, AChangeThatDidNotFitIsNotMadeLaterEither) {
  open_without_reserve();
  int n = 0;
  const auto holds = [&](LocalDrive& drive) {
    Calls c{drive};
    for (int k = 0; k < n; ++k) EXPECT_FALSE(c.read(key(k))->committed.state.id.is_null()) << k;
    const auto view = c.read(key(n));
    EXPECT_TRUE(view->committed.state.id.is_null() && !view->open) << n;
  };
  for (std::uint64_t round = 0; round < 6; ++round) {
    take_space(round);
    // Several may fit into what the log has reserved. Without data, which the drive refuses before.
    Result<AcceptReply> r = fill_with_head(n);
    for (; r; r = fill_with_head(n)) ++n;
    EXPECT_EQ(r.error().code, Code::drive_full) << r.error().context;
    EXPECT_EQ(drive_->status().state, DriveState::online) << drive_->status().reason;
    holds(*drive_);

    fs::remove(other());
    cairn::test::TestFolder copy;  // what a process that ends now would leave
    fs::copy(folder_, copy.path(), fs::copy_options::recursive);
    {
      const auto next = open(copy.path());
      ASSERT_EQ(next->status().state, DriveState::online) << next->status().reason;
      holds(*next);
    }
    give_back();
    holds(*drive_);
    EXPECT_TRUE(fill_with_head(n++)->accepted);
  }
}

TEST_F(SmallDisk, ADriveThatHasNoSpaceToOpenStaysOutOfServiceUntilItHas) {
  open_without_reserve();
  for (int n = 0; n < 6; ++n) ASSERT_TRUE(fill(n, 300'000));
  drive_.reset();
  for (std::uint64_t pages = 0; pages < 40; pages += 4) {
    take_space(pages);
    drive_ = open(folder_);
    const DriveState state = drive_->status().state;
    EXPECT_TRUE(state == DriveState::faulty || state == DriveState::online) << drive_->status().reason;
    drive_.reset();
    fs::remove(other());
  }
  drive_ = open(folder_);
  for (int n = 0; n < 6; ++n) EXPECT_EQ(calls().read(key(n), true)->committed.body.size(), 300'000u);
}

}  // namespace
}  // namespace cairn::drive::test
