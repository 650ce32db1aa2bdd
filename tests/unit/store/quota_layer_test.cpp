#include "cairn/store/quota_layer.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "fakes/mem_object_layer.hpp"
#include "store/quota_ledger.hpp"
#include "store_fixture.hpp"

namespace cairn::store {
namespace {

// Ends only by being cancelled.
Task<void> hang() {
  asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  boost::system::error_code ec;
  co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  co_return fail(Code::canceled);
}

// Counts how often the counters are read, and does not answer while it hangs.
class Below final : public fakes::MemObjectLayer {
 public:
  using MemObjectLayer::MemObjectLayer;
  Task<UsageInfo> usage(std::string bucket) override {
    ++readings;
    if (hangs) {
      CO_TRY(co_await hang());
    }
    co_return co_await MemObjectLayer::usage(std::move(bucket));
  }
  int readings = 0;
  bool hangs = false;
};

// A body of which nothing comes, until the write is cancelled.
class SilentBody final : public BodySource {
 public:
  explicit SilentBody(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const override { return size_; }
  Task<std::size_t> read(MutableBytes) override {
    asked = true;
    CO_TRY(co_await hang());
    co_return 0u;
  }
  void digest(Slice) override {}
  Task<BodyDigests> finish() override { co_return BodyDigests{}; }
  bool asked = false;

 private:
  std::uint64_t size_;
};

// A call under way.
struct Call {
  std::optional<Result<ObjectInfo>> done;
  asio::cancellation_signal cancel;

  bool is(Code code) const { return done && !*done && done->error().is(code); }
  bool succeeded() const { return done && done->has_value(); }
};

// One thread, which is the test's: poll() lets everybody go on who can.
class QuotaLayerTest : public testing::Test {
 protected:
  QuotaLayerTest() {
    BucketInfo bucket = bucket_named("b");
    bucket.config[std::string(kQuotaConfig)] = render_quota({100, std::nullopt});
    EXPECT_TRUE(run(below_.create_bucket(std::move(bucket))));
    EXPECT_TRUE(run(below_.create_bucket(bucket_named("free"))));
  }

  template <class T>
  Result<T> run(Task<T> task) {
    auto result = asio::co_spawn(io_, std::move(task), asio::use_future);
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      io_.restart();
      io_.run_one();
    }
    return result.get();
  }
  void start(Call& call, Task<ObjectInfo> task) {
    asio::co_spawn(io_, std::move(task),
                   asio::bind_cancellation_slot(call.cancel.slot(),
                                                [&](const std::exception_ptr& thrown, Result<ObjectInfo> r) {
                                                  EXPECT_FALSE(thrown);
                                                  call.done = std::move(r);
                                                }));
    poll();
  }
  void cancel(Call& call) {
    call.cancel.emit(asio::cancellation_type::terminal);
    poll();
  }
  void finish(Call& call) {
    while (!call.done) {
      io_.restart();
      io_.run_one();
    }
  }
  void poll() {
    io_.restart();
    io_.poll();
  }
  Task<ObjectInfo> put(BodySource& body, std::string key = "k", std::string bucket = "b") {
    ObjectName name{std::move(bucket), std::move(key), {}};
    return layer_.put(std::move(name), {}, body, {});
  }

  SystemClock clock_;
  asio::io_context io_;
  Below below_{clock_};
  QuotaLayer layer_{below_};
};

TEST_F(QuotaLayerTest, RefusesBeforeItReadsTheBody) {
  SilentBody body(101);
  const auto refused = run(put(body));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(Code::quota_exceeded));
  EXPECT_FALSE(body.asked);
  TextBody fits(std::string(100, 'x'));
  EXPECT_TRUE(run(put(fits)));
}

TEST_F(QuotaLayerTest, WithoutAQuotaTheCountersAreNotAsked) {
  TextBody body(std::string(1'000, 'x'));
  EXPECT_TRUE(run(put(body, "k", "free")));
  EXPECT_EQ(below_.readings, 0);
}

TEST_F(QuotaLayerTest, AWriteThatFailsGivesItsRoomBackAtOnce) {
  TextBody bad(std::string(60, 'x'));
  bad.fail_with(Code::bad_digest);
  EXPECT_FALSE(run(put(bad)));
  TextBody good(std::string(60, 'x'));
  Call call;
  start(call, put(good));
  EXPECT_TRUE(call.succeeded()) << "it had to wait";
}

TEST_F(QuotaLayerTest, ACancelledWriteMayHaveHappenedAndCountsUntilTheCountersKnow) {
  Call first, second;
  SilentBody silent(60);
  start(first, put(silent));
  ASSERT_TRUE(silent.asked);
  TextBody text(std::string(60, 'x'));
  start(second, put(text, "other"));
  cancel(first);
  EXPECT_TRUE(first.is(Code::canceled));
  EXPECT_FALSE(second.done) << "the first may have been written";
  finish(second);
  EXPECT_TRUE(second.succeeded());
}

TEST_F(QuotaLayerTest, WhoWaitsAndIsCancelledHoldsNothing) {
  Call first, second, third;
  SilentBody silent(60);
  start(first, put(silent));
  TextBody text(std::string(60, 'x')), small(std::string(40, 'x'));
  start(second, put(text, "other"));
  EXPECT_FALSE(second.done);
  cancel(second);
  EXPECT_TRUE(second.is(Code::canceled));
  start(third, put(small, "small"));
  EXPECT_TRUE(third.succeeded()) << "60 and 40 fit";
  cancel(first);
}

TEST_F(QuotaLayerTest, WhoReadsTheCountersAndIsCancelledLetsOthersRead) {
  Call first, second;
  TextBody one("1"), two("2");
  below_.hangs = true;
  start(first, put(one, "1"));
  start(second, put(two, "2"));
  EXPECT_FALSE(first.done);
  EXPECT_FALSE(second.done);
  EXPECT_EQ(below_.readings, 1) << "one reads for all";
  below_.hangs = false;
  cancel(first);
  EXPECT_TRUE(first.is(Code::canceled));
  finish(second);
  EXPECT_TRUE(second.succeeded());
  EXPECT_EQ(below_.readings, 2);
}

TEST_F(QuotaLayerTest, ACompletionCountsTheListedParts) {
  const std::string body(5u << 20, 'x');
  BucketInfo bucket = bucket_named("parts");
  bucket.config[std::string(kQuotaConfig)] = render_quota({body.size() * 2, std::nullopt});
  ASSERT_TRUE(run(below_.create_bucket(std::move(bucket))));
  const auto upload = run(below_.create_upload({"parts", "k", {}, {}, false, "me"}));
  ASSERT_TRUE(upload);
  CompleteUploadRequest request;
  request.upload = {"parts", "k", upload->upload_id};
  for (std::uint32_t n = 1; n <= 3; ++n) {
    TextBody part(body);
    const auto sent = run(below_.put_part(request.upload, n, part));
    ASSERT_TRUE(sent);
    request.parts.push_back({n, sent->etag, {}});
  }
  const auto refused = run(layer_.complete_upload(request));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(Code::quota_exceeded));
  request.parts.pop_back();
  EXPECT_TRUE(run(layer_.complete_upload(request)));
}

}  // namespace
}  // namespace cairn::store
