#include "s3client/bench/run.hpp"

#include <gtest/gtest.h>

#include "cairn/s3wire/checksums.hpp"

#include "fake_s3.hpp"
#include "s3client/bench/signer.hpp"

namespace cairn::s3client::bench {
namespace {

// Whole runs against the fake server: short, ended by counts or after a fraction of a second.
class RunTest : public testing::Test {
 protected:
  RunTest() {
    options_.endpoint = server_.url();
    options_.credentials = FakeS3::credentials();
    options_.bucket = "bench";
    options_.prefix = "p";
    options_.concurrency = 4;
    options_.threads = 2;
    options_.sizes = SizeDistribution::parse("random:0-64KiB").value();
    options_.progress = Progress::never;
    options_.objects = 50;
  }

  Report run(Mode mode) {
    options_.mode = mode;
    if (mode == Mode::get || mode == Mode::stat || mode == Mode::list || mode == Mode::mixed)
      options_.duration = 200'000'000;
    auto report = run_bench(options_, interrupted_);
    if (!report) throw std::runtime_error(report.error().context);
    return std::move(*report);
  }

  FakeS3 server_;
  RunOptions options_;
  std::atomic<bool> interrupted_{false};
};

TEST_F(RunTest, PutStoresAsManyObjectsAsAskedFor) {
  options_.cleanup = false;
  const Report r = run(Mode::put);
  ASSERT_EQ(r.operations.size(), 1u);
  EXPECT_EQ(r.operations[0].requests, 50u);
  EXPECT_EQ(r.operations[0].errors, 0u);
  EXPECT_EQ(server_.count(), 50u);
  EXPECT_GT(r.operations[0].ops_per_s, 0);
}

TEST_F(RunTest, CleanupLeavesNothing) {
  for (const Mode mode : {Mode::put, Mode::get, Mode::stat, Mode::list, Mode::del}) {
    const Report r = run(mode);
    EXPECT_EQ(server_.count(), 0u) << mode_name(mode);
    ASSERT_EQ(r.operations.size(), 1u) << mode_name(mode);
    EXPECT_EQ(r.operations[0].op, mode_name(mode));
    EXPECT_EQ(r.operations[0].errors, 0u) << mode_name(mode);
    EXPECT_GT(r.operations[0].requests, 0u) << mode_name(mode);
  }
}

TEST_F(RunTest, DeleteDeletesEachObjectOnce) {
  options_.cleanup = false;
  const Report r = run(Mode::del);
  EXPECT_EQ(r.operations.at(0).requests, 50u);
  EXPECT_EQ(server_.count(), 0u);
}

TEST_F(RunTest, MixedNeverMeetsAMissingObject) {
  options_.mix = Mix::parse("get:30,stat:20,put:20,delete:20,list:10").value();
  options_.verify = true;
  const Report r = run(Mode::mixed);
  EXPECT_EQ(r.operations.size(), 5u);
  for (const OpReport& op : r.operations)
    EXPECT_EQ(op.errors, 0u) << op.op << " " << op.errors_by_code.begin()->first;
  EXPECT_EQ(server_.count(), 0u);
}

TEST_F(RunTest, ListSeesAllKeysOverAllPages) {
  options_.prefixes = 2;
  options_.max_keys = 10;
  options_.concurrency = 1;
  options_.threads = 1;
  const Report r = run(Mode::list);
  const OpReport& op = r.operations.at(0);
  EXPECT_EQ(op.errors, 0u);
  // Each prefix has 25 keys: pages of 10, 10 and 5, so two thirds full but for a listing that the end cut
  // off.
  EXPECT_NEAR(static_cast<double>(op.items) / static_cast<double>(op.requests), 25.0 / 3, 1.0);
}

TEST_F(RunTest, VerifyFindsAWrongByte) {
  options_.verify = true;
  options_.sizes = SizeDistribution::parse("300000").value();
  EXPECT_EQ(run(Mode::get).operations.at(0).errors, 0u);
  server_.corrupt = true;
  const OpReport op = run(Mode::get).operations.at(0);
  EXPECT_EQ(op.requests, 0u);
  EXPECT_EQ(op.errors_by_code.at("WrongBytes"), op.errors);
  EXPECT_GT(op.errors, 0u);
}

TEST_F(RunTest, SlowDownIsTriedAgainAndCountedApart) {
  server_.slow_downs = 7;
  const OpReport op = run(Mode::put).operations.at(0);
  EXPECT_EQ(op.requests, 50u);
  EXPECT_EQ(op.errors, 0u);
  EXPECT_EQ(op.slow_downs, 7u);
}

TEST_F(RunTest, SlowDownWithoutEndIsAnError) {
  server_.slow_downs = 1'000'000;
  options_.retries = 1;
  const OpReport op = run(Mode::put).operations.at(0);
  EXPECT_EQ(op.requests, 0u);
  EXPECT_EQ(op.errors, 50u);
  EXPECT_EQ(op.errors_by_code.at("SlowDown"), 50u);
}

TEST_F(RunTest, AConnectionThatClosesAfterAnAnswerIsNoError) {
  server_.cuts = 20;
  const OpReport op = run(Mode::put).operations.at(0);
  EXPECT_EQ(op.requests, 50u);
  EXPECT_EQ(op.errors, 0u);
}

TEST_F(RunTest, LargeObjectsGoUpInParts) {
  options_.sizes = SizeDistribution::parse("11MiB").value();
  options_.multipart_threshold = 6u << 20;
  options_.part_size = 5u << 20;
  options_.objects = 2;
  options_.verify = true;
  const Report r = run(Mode::get);  // uploads first, then reads with every byte compared
  EXPECT_EQ(r.operations.at(0).errors, 0u);
  EXPECT_GT(r.operations.at(0).requests, 0u);
  EXPECT_EQ(server_.uploads(), 0u);
}

TEST_F(RunTest, SignedPayloadsAreAccepted) {
  options_.sign_payload = true;
  EXPECT_EQ(run(Mode::put).operations.at(0).errors, 0u);
  EXPECT_EQ(server_.bad_signatures, 0);
}

TEST_F(RunTest, AWrongSecretIsSaidSoBeforeAnythingIsMeasured) {
  options_.credentials.secret_key = "wrong";
  options_.mode = Mode::put;
  const auto report = run_bench(options_, interrupted_);
  EXPECT_FALSE(report);
}

TEST_F(RunTest, AnInterruptedRunStillReportsAndCleansUp) {
  interrupted_ = true;
  options_.objects = 0;
  options_.duration = 60'000'000'000;
  const Report r = run(Mode::put);
  EXPECT_TRUE(r.interrupted);
  EXPECT_EQ(server_.count(), 0u);
}

TEST(RequestSigner, SignsAsS3wireDoes) {
  for (const char* token : {"", "session-token"}) {
    const s3wire::Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token};
    RequestSigner signer(credentials, "eu-west-1", "host:9000");
    s3wire::SigningKeyCache cache;
    // Over midnight, so that the day's key changes too.
    for (const UnixMillis now : {1'795'391'998'000, 1'795'391'998'500, 1'795'392'001'000}) {
      s3wire::OutgoingRequest request{
          "PUT", "/bucket/some%20key", "partNumber=1&uploadId=a%2Fb", {{"host", "host:9000"}}};
      s3wire::sign_request(request, credentials, {.region = "eu-west-1", .service = "s3"}, now,
                           s3wire::kUnsignedPayload, cache);
      const auto fields = signer.sign("PUT", request.path, request.query, s3wire::kUnsignedPayload, now);
      ASSERT_EQ(fields.size(), request.headers.size());
      for (const auto& [name, value] : request.headers) {
        const auto field = std::find_if(fields.begin(), fields.end(), [&](const http::Field& f) {
          return http::equal_ignoring_case(f.name, name);
        });
        ASSERT_NE(field, fields.end()) << name;
        EXPECT_EQ(field->value, value) << name;
      }
    }
  }
}

}  // namespace
}  // namespace cairn::s3client::bench
