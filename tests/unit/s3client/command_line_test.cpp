#include <gtest/gtest.h>

#include "s3client/bench/options.hpp"

namespace cairn::s3client::bench {
namespace {

std::expected<Command, int> parse(std::vector<std::string> args) {
  args.insert(args.end(), {"--access-key", "a", "--secret-key", "s"});
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  auto command = parse_command_line(std::move(args));
  testing::internal::GetCapturedStderr();
  testing::internal::GetCapturedStdout();
  return command;
}

TEST(CommandLine, AModeAloneHasDefaults) {
  const auto command = parse({"get"});
  ASSERT_TRUE(command);
  const RunOptions& o = command->run;
  EXPECT_EQ(o.mode, Mode::get);
  EXPECT_EQ(o.concurrency, 16u);
  EXPECT_EQ(o.duration, 10'000'000'000);
  EXPECT_EQ(o.warmup, 1'000'000'000);
  EXPECT_EQ(o.sizes.largest(), 1u << 20);
  EXPECT_FALSE(o.prefix.empty());
  EXPECT_TRUE(o.cleanup);
  EXPECT_FALSE(o.sign_payload);
}

TEST(CommandLine, AnEndByCountNeedsNeitherDurationNorWarmup) {
  const auto put = parse({"put", "--objects", "100"});
  ASSERT_TRUE(put);
  EXPECT_EQ(put->run.duration, 0);
  EXPECT_EQ(put->run.warmup, 0);
  const auto both = parse({"put", "--objects", "100", "--duration", "5s"});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->run.duration, 5'000'000'000);
}

TEST(CommandLine, WrongOnesAreRefusedWithStatusTwo) {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"fly"},
      {"put", "--nonsense"},
      {"put", "--size", "nonsense"},
      {"put", "--endpoint", "ftp://host"},
      {"put", "--duration", "0s"},
      {"put", "--concurrency", "0"},
      {"put", "--part-size", "1MiB"},
      {"put", "--multipart-threshold", "1MiB", "--part-size", "5MiB", "--size", "5TiB"},
      {"list", "--max-keys", "1001"},
      {"mixed", "--mix", "get:0"},
      {"get", "--no-prepare"},
      {"put", "--progress", "sometimes"}};
  for (const auto& args : wrong) {
    const auto command = parse(args);
    ASSERT_FALSE(command) << testing::PrintToString(args);
    EXPECT_EQ(command.error(), 2) << testing::PrintToString(args);
  }
}

TEST(CommandLine, WhatAnotherRunLeftIsNotRemoved) {
  const auto command = parse({"get", "--no-prepare", "--prefix", "p"});
  ASSERT_TRUE(command);
  EXPECT_FALSE(command->run.prepare);
  EXPECT_FALSE(command->run.cleanup);
}

TEST(CommandLine, NoSecretIsAmongWhatTheReportSays) {
  auto command = parse({"put"});
  ASSERT_TRUE(command);
  command->run.credentials = {"the-access-key", "the-secret-key", "the-token"};
  for (const auto& [name, value] : describe(command->run)) {
    for (const char* secret : {"the-access-key", "the-secret-key", "the-token"})
      EXPECT_EQ(value.find(secret), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace cairn::s3client::bench
