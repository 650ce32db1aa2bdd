#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/ids.hpp"

namespace cairn::codec {

// Bytes that are the same in every run.
inline std::vector<std::byte> random_data(std::size_t size, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::byte> out(size);
  for (auto& b : out) b = static_cast<std::byte>(random());
  return out;
}

inline DataId test_data_id(std::uint8_t first = 0x10) {
  DataId id;
  for (std::size_t i = 0; i < id.raw.size(); ++i) id.raw[i] = static_cast<std::uint8_t>(first + i);
  return id;
}

}  // namespace cairn::codec
