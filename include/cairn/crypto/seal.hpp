#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::crypto {

using SealKey = std::array<std::uint8_t, 32>;

// Encrypts and authenticates a small text: AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits, so
// that one key serves for some 2^32 texts. `bound` is authenticated with it and not contained. Gives nonce
// (12 bytes), ciphertext and tag (16 bytes).
std::string seal(const SealKey& key, std::string_view text, std::string_view bound = {});

// The text again; corrupt for whatever seal() did not make with this key and `bound`.
Result<std::string> unseal(const SealKey& key, std::string_view sealed, std::string_view bound = {});

}  // namespace cairn::crypto
