#include "cairn/crypto/md5.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#define OPENSSL_SUPPRESS_DEPRECATED  // the interface that lets a state in and out
#include <openssl/md5.h>

#include "crypto/md5_lanes.hpp"
#include "crypto/md5_lanes.inc"  // NOLINT(bugprone-suspicious-include)

namespace cairn::crypto {

static_assert(std::endian::native == std::endian::little, "MD5 counts and stores with the low byte first");

void md5_lanes_4(std::uint32_t (*const* state)[4], const std::byte* const* data, std::size_t blocks) {
  run_lanes<4>(state, data, blocks);
}

namespace {

// One message: OpenSSL's assembly is a sixth faster than a compiler.
void run_alone(std::uint32_t (&state)[4], const std::byte* data, std::size_t blocks) {
  MD5_CTX c{};
  c.A = state[0], c.B = state[1], c.C = state[2], c.D = state[3];
  MD5_Update(&c, data, 64 * blocks);
  state[0] = c.A, state[1] = c.B, state[2] = c.C, state[3] = c.D;
}

struct Kernel {
  std::size_t lanes;
  Md5Lanes* run;
};

// The widest that this processor has.
Kernel widest() {
  static const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  return avx2 ? Kernel{8, md5_lanes_8_avx2} : Kernel{4, md5_lanes_4};
}

struct Lane {
  std::uint32_t (*state)[4];
  const std::byte* data;
  std::size_t blocks;
};

// Advances `lanes`, at most as many as the kernel has; two together take less than one after the other.
void run(std::vector<Lane>& lanes) {
  const Kernel kernel = widest();
  while (lanes.size() > 1) {
    std::uint32_t unused[Md5::kLanes][4];  // states of the lanes that nobody needs
    std::uint32_t(*states[Md5::kLanes])[4];
    const std::byte* data[Md5::kLanes];
    std::size_t blocks = lanes[0].blocks;
    for (const Lane& lane : lanes) blocks = std::min(blocks, lane.blocks);
    for (std::size_t i = 0; i < kernel.lanes; ++i) {
      if (i >= lanes.size()) std::memset(unused[i], 0, sizeof unused[i]);
      states[i] = i < lanes.size() ? lanes[i].state : &unused[i];
      data[i] = lanes[std::min(i, lanes.size() - 1)].data;
    }
    kernel.run(states, data, blocks);
    for (Lane& lane : lanes) {
      lane.data += 64 * blocks;
      lane.blocks -= blocks;
    }
    std::erase_if(lanes, [](const Lane& lane) { return lane.blocks == 0; });
  }
  for (const Lane& lane : lanes) run_alone(*lane.state, lane.data, lane.blocks);
  lanes.clear();
}

}  // namespace

Bytes Md5::complete_block(Bytes piece) {
  const std::size_t begun = size_ % kBlock;
  size_ += piece.size();
  if (begun == 0) return piece;
  const std::size_t n = std::min(piece.size(), kBlock - begun);
  std::memcpy(block_.data() + begun, piece.data(), n);
  if (begun + n == kBlock) run_alone(state_, block_.data(), 1);
  return piece.subspan(n);
}

void Md5::keep(Bytes rest) {
  if (!rest.empty()) std::memcpy(block_.data(), rest.data(), rest.size());
}

void Md5::update(Bytes piece) {
  Md5* const self = this;
  update({&self, 1}, {&piece, 1});
}

void Md5::update(std::span<Md5* const> streams, std::span<const Bytes> pieces) {
  const std::size_t most = widest().lanes;
  std::vector<Lane> lanes;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const Bytes rest = streams[i]->complete_block(pieces[i]);
    const std::size_t blocks = rest.size() / kBlock;
    if (rest.size() % kBlock) streams[i]->keep(rest.subspan(kBlock * blocks));
    if (blocks == 0) continue;
    lanes.push_back({&streams[i]->state_, rest.data(), blocks});
    if (lanes.size() == most) run(lanes);
  }
  run(lanes);
}

std::array<std::uint8_t, 16> Md5::finish() {
  const std::uint64_t bits = 8 * size_;
  std::array<std::byte, kBlock> padding{std::byte{0x80}};
  update(Bytes(padding).first(1 + (kBlock + 55 - size_ % kBlock) % kBlock));
  update(std::as_bytes(std::span(&bits, 1)));
  std::array<std::uint8_t, 16> out;
  std::memcpy(out.data(), state_, sizeof state_);
  return out;
}

}  // namespace cairn::crypto
