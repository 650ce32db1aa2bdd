#include "crypto/md5_lanes.hpp"
#include "crypto/md5_lanes.inc"  // NOLINT(bugprone-suspicious-include)

void cairn::crypto::md5_lanes_8_avx2(std::uint32_t (*const* state)[4], const std::byte* const* data,
                                     std::size_t blocks) {
  run_lanes<8>(state, data, blocks);
}
