// The codec and the digests beside memcpy, on one core. GB/s count the object's bytes, without parity.
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "cairn/base/buffer.hpp"
#include "cairn/codec/layout.hpp"
#include "cairn/codec/stripe.hpp"
#include "cairn/crypto/crc.hpp"
#include "cairn/crypto/md5.hpp"

namespace cairn {
namespace {

// Touched, so that no page fault is measured.
Buffer filled(std::size_t size) {
  static BufferPool pool;
  Buffer out = pool.get(size);
  for (std::size_t i = 0; i < size; ++i) out.data()[i] = static_cast<std::byte>(i * 131 >> 3);
  return out;
}

void count(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

void memory_copy(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const Buffer from = filled(size), to = filled(size);
  while (state.KeepRunning()) {
    std::memcpy(to.data(), from.data(), size);
    benchmark::ClobberMemory();
  }
  count(state, size);
}
BENCHMARK(memory_copy)->Arg(128 << 10)->Arg(1 << 20)->Arg(64 << 20);

struct StripeBuffers {
  StripeBuffers(unsigned data, unsigned parity)
      : code(**codec::ReedSolomon::get(data, parity)),
        geometry(codec::choose_geometry(data, parity, 1 << 20)),
        length(geometry.stripe_size()),
        buffer(filled(length)),
        coded(filled(std::size_t{parity} * geometry.chunk_size + 1)) {}
  const codec::ReedSolomon& code;
  codec::Geometry geometry;
  std::size_t length;
  Buffer buffer, coded;
};

void reed_solomon_encode(benchmark::State& state) {
  const StripeBuffers s(static_cast<unsigned>(state.range(0)), static_cast<unsigned>(state.range(1)));
  std::vector<const std::byte*> data(s.code.data());
  std::vector<std::byte*> parity(s.code.parity());
  for (unsigned i = 0; i < data.size(); ++i) data[i] = s.buffer.data() + i * s.geometry.chunk_size;
  for (unsigned i = 0; i < parity.size(); ++i) parity[i] = s.coded.data() + i * s.geometry.chunk_size;
  while (state.KeepRunning()) {
    s.code.encode(data, parity, s.geometry.chunk_size);
    benchmark::ClobberMemory();
  }
  count(state, s.length);
}
BENCHMARK(reed_solomon_encode)->Args({2, 2})->Args({4, 4})->Args({6, 6})->Args({8, 8})->Args({12, 4});

// Parity and the hashes of all chunks.
void stripe_encode(benchmark::State& state) {
  const StripeBuffers s(static_cast<unsigned>(state.range(0)), static_cast<unsigned>(state.range(1)));
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(codec::encode_stripe(s.code, {}, s.buffer.span(), s.length, s.coded.span()));
  }
  count(state, s.length);
}
BENCHMARK(stripe_encode)->Args({1, 0})->Args({2, 2})->Args({4, 4})->Args({6, 6})->Args({12, 4});

// `range(2)` data chunks missing, the parity that replaces them verified with the rest.
void stripe_decode(benchmark::State& state) {
  const StripeBuffers s(static_cast<unsigned>(state.range(0)), static_cast<unsigned>(state.range(1)));
  const auto encoded = codec::encode_stripe(s.code, {}, s.buffer.span(), s.length, s.coded.span());
  const auto missing = static_cast<unsigned>(state.range(2));
  std::array<const std::byte*, codec::kMaxShards> chunks{};
  for (unsigned i = missing; i < s.code.data() + missing; ++i) chunks[i] = encoded.chunks[i].data();
  const auto present = std::span(chunks).first(s.code.total());
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(codec::bad_chunks({}, present, encoded.chunk_length, encoded.hashes));
    benchmark::DoNotOptimize(
        codec::decode_stripe(s.code, present, encoded.chunk_length, s.buffer.span()).has_value());
  }
  count(state, s.length);
}
BENCHMARK(stripe_decode)
    ->Args({4, 4, 0})
    ->Args({4, 4, 4})
    ->Args({12, 4, 0})
    ->Args({12, 4, 2})
    ->Args({12, 4, 4});

// range(0): the target, range(1): chunks in one loop.
void highway_hash(benchmark::State& state) {
  constexpr std::size_t kChunk = 128 << 10;
  const codec::HashTarget& target = codec::hash_targets()[static_cast<std::size_t>(state.range(0))];
  if (!target.supported) return state.SkipWithError("this CPU does not have it");
  const auto chunks = static_cast<std::size_t>(state.range(1));
  const Buffer data = filled(kChunk * chunks);
  codec::HashTarget::Lanes keys[codec::HashTarget::kInterleaved]{}, out[codec::HashTarget::kInterleaved];
  const char* starts[codec::HashTarget::kInterleaved];
  for (std::size_t i = 0; i < chunks; ++i)
    starts[i] = reinterpret_cast<const char*>(data.data()) + i * kChunk;
  while (state.KeepRunning()) {
    target.hash256(keys, starts, chunks, kChunk, out);
    benchmark::DoNotOptimize(out);
  }
  count(state, kChunk * chunks);
  state.SetLabel(std::string(target.name));
}
BENCHMARK(highway_hash)->Args({0, 1})->Args({0, 2})->Args({0, 3})->Args({1, 1})->Args({2, 1});

void digest_stream(benchmark::State& state) {
  static constexpr const char* kNames[] = {"md5", "sha1", "sha256", "sha512", "crc32", "crc32c", "crc64nvme"};
  constexpr std::size_t kPiece = 256 << 10;
  const Buffer data = filled(kPiece);
  crypto::Digest digest(static_cast<crypto::DigestAlgorithm>(state.range(0)));
  while (state.KeepRunning()) digest.update(data.span());
  count(state, kPiece);
  state.SetLabel(kNames[state.range(0)]);
}
BENCHMARK(digest_stream)->DenseRange(0, 6);

// MD5 of so many bodies at a time.
void md5_together(benchmark::State& state) {
  constexpr std::size_t kPiece = 256 << 10;
  const Buffer data = filled(kPiece);
  const auto bodies = static_cast<std::size_t>(state.range(0));
  std::vector<crypto::Md5> md5(bodies);
  std::vector<crypto::Md5*> streams;
  for (crypto::Md5& m : md5) streams.push_back(&m);
  const std::vector<Bytes> pieces(bodies, data.span());
  while (state.KeepRunning()) crypto::Md5::update(streams, pieces);
  count(state, bodies * kPiece);
}
BENCHMARK(md5_together)->Arg(1)->Arg(2)->Arg(4)->Arg(8)->Arg(16);

void crc64nvme_target(benchmark::State& state) {
  const crypto::Crc64Target& target = crypto::crc64nvme_targets()[static_cast<std::size_t>(state.range(0))];
  if (!target.supported) return state.SkipWithError("this CPU does not have it");
  const Buffer data = filled(256 << 10);
  std::uint64_t crc = 0;
  while (state.KeepRunning())
    crc = target.update(crc, reinterpret_cast<const unsigned char*>(data.data()), data.size());
  benchmark::DoNotOptimize(crc);
  count(state, data.size());
  state.SetLabel(std::string(target.name));
}
BENCHMARK(crc64nvme_target)->DenseRange(0, 2);

void sha256_64_bytes(benchmark::State& state) {
  const std::string data(64, 'x');
  while (state.KeepRunning()) benchmark::DoNotOptimize(crypto::sha256(data));
}
BENCHMARK(sha256_64_bytes);

void hmac_sha256_64_bytes(benchmark::State& state) {
  const std::string key(32, 'k'), data(64, 'x');
  while (state.KeepRunning()) benchmark::DoNotOptimize(crypto::hmac_sha256(key, data));
}
BENCHMARK(hmac_sha256_64_bytes);

void combine_crc64(benchmark::State& state) {
  std::uint64_t crc = 1;
  while (state.KeepRunning()) crc = crypto::combine_crc64nvme(crc, 12345, 8 << 20);
  benchmark::DoNotOptimize(crc);
}
BENCHMARK(combine_crc64);

}  // namespace
}  // namespace cairn
