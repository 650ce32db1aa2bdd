#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn {

// 128 random bits with a type of their own. Ids made by random() come from the operating system's generator
// and are never reused.
template <class Tag>
struct Id128 {
  std::array<std::uint8_t, 16> raw{};

  static Id128 random();
  static Result<Id128> parse(std::string_view hex);  // 32 hex digits
  std::string hex() const;
  std::string_view bytes() const { return {reinterpret_cast<const char*>(raw.data()), raw.size()}; }
  static Id128 from_bytes(std::string_view b);  // exactly 16 bytes
  bool is_null() const { return raw == decltype(raw){}; }
  auto operator<=>(const Id128&) const = default;
};

struct DeploymentTag;
struct DriveTag;
struct DataTag;
struct BootTag;
using DeploymentId = Id128<DeploymentTag>;  // one installation of Cairn
using DriveId = Id128<DriveTag>;            // one drive, for its whole life
using DataId = Id128<DataTag>;              // the bytes of one upload or one part
using BootId = Id128<BootTag>;              // one opening of a drive

// The operating system's random bytes (getrandom).
void random_bytes(void* out, std::size_t count);
std::uint64_t random_u64();

}  // namespace cairn

template <class Tag>
struct std::hash<cairn::Id128<Tag>> {
  std::size_t operator()(const cairn::Id128<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.bytes());
  }
};
