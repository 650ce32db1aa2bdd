#include "cairn/crypto/md5.hpp"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cairn/crypto/digest.hpp"

namespace cairn::crypto {
namespace {

std::vector<std::string> random_texts(std::mt19937& random, std::size_t count, std::size_t most) {
  std::vector<std::string> texts(count);
  for (std::string& text : texts) {
    text.resize(random() % (most + 1));
    for (char& c : text) c = static_cast<char>(random());
  }
  return texts;
}

TEST(Md5, OfEveryLengthAroundABlockIsThatOfTheDigest) {
  const std::string text(200, 'x');
  for (std::size_t size = 0; size <= text.size(); ++size) {
    Md5 md5;
    md5.update(as_bytes(text).first(size));
    EXPECT_EQ(md5.finish(), crypto::md5(as_bytes(text).first(size))) << size;
  }
}

// Any number of streams at a time, pieces of any size, empty ones included.
TEST(Md5, ManyMessagesInPiecesDigestToWhatEachDoesAlone) {
  std::mt19937 random(1);
  const auto texts = random_texts(random, 100, 20'000);
  std::vector<Md5> md5(texts.size());
  std::vector<std::size_t> done(texts.size());
  for (int round = 0; round < 500; ++round) {
    std::vector<Md5*> streams;
    std::vector<Bytes> pieces;
    const std::size_t share = 1 + random() % 30;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (random() % share) continue;
      const std::size_t n = std::min<std::size_t>(texts[i].size() - done[i], random() % 700);
      streams.push_back(&md5[i]);
      pieces.push_back(as_bytes(texts[i]).subspan(done[i], n));
      done[i] += n;
    }
    Md5::update(streams, pieces);
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    md5[i].update(as_bytes(texts[i]).subspan(done[i]));
    EXPECT_EQ(md5[i].finish(), crypto::md5(as_bytes(texts[i]))) << texts[i].size();
  }
}

}  // namespace
}  // namespace cairn::crypto
