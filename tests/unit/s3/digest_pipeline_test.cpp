#include "s3/digest_pipeline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace cairn::s3 {
namespace {
using crypto::DigestAlgorithm;

// The pools of these tests end before the context does: their threads may still be telling it that work is
// there when it has already done it.
template <class T>
Result<T> run(asio::io_context& context, Task<T> task) {
  Result<T> out = fail(Code::internal, "not finished");
  asio::co_spawn(context, std::move(task), [&](std::exception_ptr e, Result<T> r) {
    if (e) std::rethrow_exception(e);
    out = std::move(r);
  });
  context.run();
  return out;
}

std::string text_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 131 + i / 251);
  return text;
}

Task<std::vector<std::string>> feed(DigestPipeline& pipeline, const std::string& text, std::size_t piece) {
  for (std::size_t at = 0; at < text.size(); at += piece) {
    CO_TRY(co_await pipeline.admit());
    pipeline.add(Slice::of(text.substr(at, piece)));
  }
  co_return co_await pipeline.finish();
}

class Sizes : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Sizes, DigestsAreThoseOfTheWholeBodyInItsOrder) {
  asio::io_context context;
  DigestPool pool("digests", 3);
  const std::string text = text_of(GetParam());
  const std::vector algorithms{DigestAlgorithm::md5, DigestAlgorithm::crc64nvme, DigestAlgorithm::sha256};
  DigestPipeline pipeline(pool, algorithms, text.size());
  const auto got = run(context, feed(pipeline, text, 100'000));
  ASSERT_TRUE(got);
  for (std::size_t i = 0; i < algorithms.size(); ++i)
    EXPECT_EQ((*got)[i], crypto::digest(algorithms[i], as_bytes(text))) << i;
}

// In the caller; on the pool; far above what may wait.
INSTANTIATE_TEST_SUITE_P(DigestPipeline, Sizes,
                         ::testing::Values(0, 1, DigestPipeline::kInline, DigestPipeline::kInline + 1,
                                           4 * DigestPipeline::kBacklog + 17));

TEST(DigestPipeline, ManyBodiesAtATimeHaveEachItsOwnDigest) {
  asio::io_context context;
  DigestPool pool("digests", 2);
  constexpr std::size_t kBodies = 20;
  std::vector<std::unique_ptr<DigestPipeline>> pipelines;
  std::vector<std::string> texts;
  std::vector<std::string> got(kBodies);
  for (std::size_t i = 0; i < kBodies; ++i)
    texts.push_back(text_of(DigestPipeline::kInline + 1 + i * 50'021).substr(i));
  for (std::size_t i = 0; i < kBodies; ++i) {
    pipelines.push_back(std::make_unique<DigestPipeline>(pool, std::vector{DigestAlgorithm::md5}, 1u << 30));
    asio::co_spawn(
        context, feed(*pipelines[i], texts[i], 10'000 + 777 * i),
        [&got, i](std::exception_ptr, Result<std::vector<std::string>> r) { got[i] = r->front(); });
  }
  context.run();
  for (std::size_t i = 0; i < kBodies; ++i)
    EXPECT_EQ(got[i], crypto::digest(DigestAlgorithm::md5, as_bytes(texts[i]))) << i;
}

TEST(DigestPipeline, TheSenderIsHeldUpWhileTooMuchWaits) {
  asio::io_context context;
  DigestPool pool("digests", 1);
  DigestPipeline pipeline(pool, {DigestAlgorithm::md5}, 1u << 30);
  // The pool's one thread is busy, so nothing is digested until it is let go.
  std::mutex gate;
  gate.lock();
  pool.post([&] { const std::lock_guard wait(gate); });
  for (std::size_t bytes = 0; bytes <= DigestPipeline::kBacklog; bytes += 1u << 20)
    pipeline.add(Slice::of(std::string(1u << 20, 'x')));
  bool admitted = false;
  asio::co_spawn(context, pipeline.admit(), [&](std::exception_ptr, Status) { admitted = true; });
  context.poll();
  EXPECT_FALSE(admitted);
  gate.unlock();
  context.run();
  EXPECT_TRUE(admitted);
}

TEST(DigestPipeline, MayBeDroppedWhilePiecesWait) {
  DigestPool pool("digests", 1);
  auto memory = std::make_shared<std::string>(1u << 20, 'x');
  const std::weak_ptr<std::string> watch = memory;
  {
    DigestPipeline pipeline(pool, {DigestAlgorithm::md5}, 1u << 30);
    pipeline.add(Slice(memory, as_bytes(*memory)));
    pipeline.add(Slice(memory, as_bytes(*memory)));
  }
  memory.reset();
  pool.stop();
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace cairn::s3
