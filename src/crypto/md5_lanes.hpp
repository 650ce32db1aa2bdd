#pragma once
#include <cstddef>
#include <cstdint>

namespace cairn::crypto {

// The states of so many messages, the lanes, advance together; lane i reads blocks * 64 bytes from data[i].
using Md5Lanes = void(std::uint32_t (*const* state)[4], const std::byte* const* data, std::size_t blocks);
Md5Lanes md5_lanes_4, md5_lanes_8_avx2;

}  // namespace cairn::crypto
