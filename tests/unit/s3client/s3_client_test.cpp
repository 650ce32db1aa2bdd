#include "cairn/s3client/s3_client.hpp"

#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fake_s3.hpp"

namespace cairn::s3client {
namespace {

class S3ClientTest : public testing::Test {
 protected:
  S3ClientTest() : client_(make({})) {}

  std::unique_ptr<S3Client> make(std::string secret) {
    S3ClientOptions options;
    options.endpoint = server_.url();
    options.credentials = FakeS3::credentials();
    if (!secret.empty()) options.credentials.secret_key = std::move(secret);
    return S3Client::create(options, clock_).value();
  }

  // The client keeps connections, whose timers keep the context busy: so it is stopped and not run dry.
  template <class T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> result;
    context_.restart();
    asio::co_spawn(context_, std::move(task), [&](std::exception_ptr failure, Result<T> r) {
      if (failure) std::rethrow_exception(failure);
      result = std::move(r);
      context_.stop();
    });
    context_.run();
    return std::move(*result);
  }

  std::string get(const std::string& bucket, const std::string& key) {
    auto stream = run(client_->get({bucket, key, ""}, {}));
    if (!stream) return "error: " + stream.error().context;
    return run(stream->read_all(64u << 20)).value();
  }

  FakeS3 server_;
  SystemClock clock_;
  asio::io_context context_{1};
  std::unique_ptr<S3Client> client_;
};

TEST_F(S3ClientTest, WhatIsPutIsWhatGetReturns) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  const auto put = run(client_->put({"b", "some key/with +&% and ü", ""}, Body::of(std::string("hello"))));
  ASSERT_TRUE(put) << put.error().context;
  EXPECT_EQ(put->etag, "etag");
  EXPECT_EQ(put->version_id, "v1");
  EXPECT_EQ(server_.object("b/some key/with +&% and ü"), "hello");
  EXPECT_EQ(get("b", "some key/with +&% and ü"), "hello");
  EXPECT_EQ(server_.bad_signatures, 0);
}

TEST_F(S3ClientTest, AnEmptyAndALargeObjectComeBackWhole) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  std::string large(9'000'001, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i / 1000 % 26);
  ASSERT_TRUE(run(client_->put({"b", "large", ""}, Body::of(large), PayloadSigning::hash, {})));
  ASSERT_TRUE(run(client_->put({"b", "empty", ""}, Body::of(std::string()))));
  EXPECT_EQ(get("b", "large"), large);
  EXPECT_EQ(get("b", "empty"), "");
}

TEST_F(S3ClientTest, ABodyFromASourceIsSentPieceByPiece) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  auto left = std::make_shared<int>(3);
  const Body::Source source = [left]() -> Task<Slice> {
    co_return *left == 0 ? Slice() : Slice::of(fmt::format("piece {} ", (*left)--));
  };
  const auto put = run(client_->put({"b", "k", ""}, Body::of(source, 24)));
  ASSERT_TRUE(put) << put.error().context;
  EXPECT_EQ(server_.object("b/k"), "piece 3 piece 2 piece 1 ");
}

TEST_F(S3ClientTest, ASourceThatHasGivenNothingIsSentOnANewConnection) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  server_.refusals = 1;
  auto given = std::make_shared<int>(0);
  const Body::Source source = [given]() -> Task<Slice> {
    co_return (*given)++ == 0 ? Slice::of("hello") : Slice();
  };
  const auto put = run(client_->put({"b", "k", ""}, Body::of(source, 5)));
  ASSERT_TRUE(put) << put.error().context;
  EXPECT_EQ(server_.object("b/k"), "hello");
  EXPECT_EQ(server_.connections(), 2u);
}

TEST_F(S3ClientTest, ASourceThatHasGivenSomethingIsNotSentAgain) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  server_.losses = 1;
  auto given = std::make_shared<int>(0);
  const Body::Source source = [given]() -> Task<Slice> {
    co_return (*given)++ == 0 ? Slice::of("hello") : Slice();
  };
  const auto put = run(client_->put({"b", "k", ""}, Body::of(source, 5)));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::connection_closed);
  EXPECT_EQ(server_.object("b/k"), "");
}

TEST_F(S3ClientTest, AMissingBucketIsSaidSo) {
  EXPECT_EQ(run(client_->head_bucket("none")).error().code, Code::no_such_bucket);
  EXPECT_EQ(run(client_->list({.bucket = "none"})).error().code, Code::no_such_bucket);
}

TEST_F(S3ClientTest, ASourceCannotBeSignedByItsHash) {
  const Body::Source source = []() -> Task<Slice> { co_return Slice(); };
  const auto put = run(client_->put({"b", "k", ""}, Body::of(source, 24), PayloadSigning::hash, {}));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::invalid_argument);
}

TEST_F(S3ClientTest, HeadTellsOfTheObject) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  server_.store("b/k", "12345");
  const auto info = run(client_->head({"b", "k", ""}, {}));
  ASSERT_TRUE(info) << info.error().context;
  EXPECT_EQ(info->size, 5u);
  EXPECT_EQ(info->etag, "etag");
  EXPECT_EQ(info->content_type, "text/plain");
  EXPECT_EQ(info->header("x-amz-meta-color"), "blue");
  EXPECT_EQ(http_date(info->last_modified), "Mon, 23 Nov 2026 12:34:56 GMT");
}

TEST_F(S3ClientTest, ErrorsCarryTheS3Code) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  const auto missing = run(client_->get({"b", "none", ""}, {}));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::no_such_key);
  EXPECT_TRUE(missing.error().context.starts_with("NoSuchKey: ")) << missing.error().context;
  EXPECT_EQ(run(client_->head({"b", "none", ""}, {})).error().code, Code::no_such_key);
  server_.slow_downs = 1;
  EXPECT_EQ(run(client_->put({"b", "k", ""}, Body::of(std::string("x")))).error().code, Code::slow_down);
  const auto wrong = make("another secret");
  EXPECT_EQ(run(wrong->put({"b", "k", ""}, Body::of(std::string("x")))).error().code,
            Code::signature_does_not_match);
}

TEST_F(S3ClientTest, OneConnectionServesManyRequests) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(run(client_->put({"b", "k", ""}, Body::of(std::string("x")))));
    EXPECT_EQ(get("b", "k"), "x");
    EXPECT_FALSE(run(client_->get({"b", "none", ""}, {})));
  }
  EXPECT_EQ(server_.connections(), 1u);
}

TEST_F(S3ClientTest, AKeptConnectionThatIsLostIsReplaced) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  server_.losses = 1;
  EXPECT_TRUE(run(client_->put({"b", "k", ""}, Body::of(std::string("x")))));
  EXPECT_EQ(server_.connections(), 2u);
}

TEST_F(S3ClientTest, AConnectionLostTwiceIsAnError) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  server_.losses = 2;
  const auto put = run(client_->put({"b", "k", ""}, Body::of(std::string("x"))));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::connection_closed);
}

TEST_F(S3ClientTest, ListsPageByPage) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  for (int i = 0; i < 25; ++i) server_.store(fmt::format("b/dir/key {:02} &<+", i), "x");
  server_.store("b/other", "x");
  std::vector<std::string> keys;
  ListRequest request{.bucket = "b", .prefix = "dir/", .max_keys = 10};
  for (int pages = 0; pages < 5; ++pages) {
    const auto page = run(client_->list(request));
    ASSERT_TRUE(page) << page.error().context;
    for (const auto& entry : page->contents) keys.push_back(entry.key);
    if (!page->truncated) break;
    request.continuation_token = page->next_continuation_token;
  }
  ASSERT_EQ(keys.size(), 25u);
  EXPECT_EQ(keys.front(), "dir/key 00 &<+");
  EXPECT_EQ(keys.back(), "dir/key 24 &<+");
}

TEST_F(S3ClientTest, RemovesOneAndMany) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  s3wire::DeleteRequest request;
  for (int i = 0; i < 5; ++i) {
    server_.store(fmt::format("b/{}", i), "x");
    if (i > 0) request.objects.push_back({fmt::format("{}", i)});
  }
  ASSERT_TRUE(run(client_->remove({"b", "0", ""})));
  EXPECT_EQ(server_.count(), 4u);
  const auto result = run(client_->remove_many("b", request));
  ASSERT_TRUE(result) << result.error().context;
  EXPECT_TRUE(result->errors.empty());
  EXPECT_EQ(server_.count(), 0u);
  EXPECT_EQ(run(client_->remove_many("b", {})).error().code, Code::invalid_argument);
}

TEST_F(S3ClientTest, AMultipartUploadBecomesOneObject) {
  ASSERT_TRUE(run(client_->create_bucket("b")));
  const ObjectName name{"b", "k", ""};
  const auto id = run(client_->create_multipart(name, {}));
  ASSERT_TRUE(id) << id.error().context;
  std::vector<s3wire::CompletedPart> parts;
  for (std::uint32_t n = 1; n <= 3; ++n) {
    const auto part =
        run(client_->upload_part(name, *id, n, Body::of(fmt::format("part {} ", n)), PayloadSigning::hash));
    ASSERT_TRUE(part) << part.error().context;
    parts.push_back({n, part->etag, std::nullopt});
  }
  const auto done = run(client_->complete_multipart(name, *id, parts));
  ASSERT_TRUE(done) << done.error().context;
  EXPECT_EQ(done->etag, "etag-2");
  EXPECT_EQ(server_.object("b/k"), "part 1 part 2 part 3 ");
}

TEST_F(S3ClientTest, AnAbortedUploadIsGone) {
  const ObjectName name{"b", "k", ""};
  const auto id = run(client_->create_multipart(name, {}));
  ASSERT_TRUE(id);
  EXPECT_EQ(server_.uploads(), 1u);
  EXPECT_TRUE(run(client_->abort_multipart(name, *id)));
  EXPECT_EQ(server_.uploads(), 0u);
  EXPECT_EQ(run(client_->abort_multipart(name, *id)).error().code, Code::no_such_upload);
}

TEST(ServerAddress, IsReadFromAUrl) {
  const auto plain = ServerAddress::parse("http://host:9000").value();
  EXPECT_EQ(plain.endpoint, (http::Endpoint{"host", 9000}));
  EXPECT_EQ(plain.host_header, "host:9000");
  EXPECT_FALSE(plain.tls);
  const auto tls = ServerAddress::parse("https://s3.example.com/").value();
  EXPECT_EQ(tls.endpoint, (http::Endpoint{"s3.example.com", 443}));
  EXPECT_EQ(tls.host_header, "s3.example.com");
  EXPECT_TRUE(tls.tls);
  EXPECT_EQ(tls.with_bucket("photos").host_header, "photos.s3.example.com");
  const auto v6 = ServerAddress::parse("http://[::1]:9000").value();
  EXPECT_EQ(v6.endpoint, (http::Endpoint{"::1", 9000}));
  EXPECT_EQ(v6.host_header, "[::1]:9000");
  EXPECT_EQ(ServerAddress::parse("http://[::1]").value().endpoint.port, 80);
  for (const char* url : {"", "host:9000", "ftp://host", "http://", "http://host:port", "http://a/b",
                          "http://user@host", "http://host:0", "http://:9000"})
    EXPECT_FALSE(ServerAddress::parse(url)) << url;
}

}  // namespace
}  // namespace cairn::s3client
