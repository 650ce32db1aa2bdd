#include "cairn/crypto/digest.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "cairn/crypto/crc.hpp"

namespace cairn::crypto {
namespace {

constexpr std::size_t kEvpAlgorithms = 4;  // the first of DigestAlgorithm
constexpr std::size_t kKeptContexts = 16;  // per thread and algorithm
constexpr std::size_t kHmacBlock = 64;

constexpr bool is_evp(DigestAlgorithm a) { return static_cast<std::size_t>(a) < kEvpAlgorithms; }

// OpenSSL fails here only without memory or without its own built-in provider: nothing a caller could mend.
void check(bool ok) {
  if (!ok) std::abort();
}

// Fetched once: a fetch per use costs more than a small digest.
const EVP_MD* method(DigestAlgorithm algorithm) {
  static const std::array<const EVP_MD*, kEvpAlgorithms> methods = [] {
    std::array<const EVP_MD*, kEvpAlgorithms> out{};
    constexpr std::array kNames{"MD5", "SHA1", "SHA256", "SHA512"};
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = EVP_MD_fetch(nullptr, kNames[i], nullptr);
      check(out[i] != nullptr);
    }
    return out;
  }();
  return methods[static_cast<std::size_t>(algorithm)];
}

struct FreeContext {
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// Contexts that this thread has done with, by algorithm: starting one anew for the same algorithm allocates
// nothing.
std::vector<Context>& kept(DigestAlgorithm algorithm) {
  thread_local std::array<std::vector<Context>, kEvpAlgorithms> contexts;
  return contexts[static_cast<std::size_t>(algorithm)];
}

EVP_MD_CTX* take(DigestAlgorithm algorithm) {
  auto& contexts = kept(algorithm);
  EVP_MD_CTX* context;
  if (contexts.empty()) {
    context = EVP_MD_CTX_new();
    check(context != nullptr);
  } else {
    context = contexts.back().release();
    contexts.pop_back();
  }
  check(EVP_DigestInit_ex(context, method(algorithm), nullptr) == 1);
  return context;
}

void give_back(DigestAlgorithm algorithm, EVP_MD_CTX* context) {
  Context owned(context);
  auto& contexts = kept(algorithm);
  if (contexts.size() < kKeptContexts) contexts.push_back(std::move(owned));
}

void finish_into(EVP_MD_CTX* context, void* out) {
  check(EVP_DigestFinal_ex(context, static_cast<unsigned char*>(out), nullptr) == 1);
}

template <std::size_t N>
std::array<std::uint8_t, N> one_shot(DigestAlgorithm algorithm, Bytes first, Bytes second = {}) {
  std::array<std::uint8_t, N> out;
  EVP_MD_CTX* const context = take(algorithm);
  check(EVP_DigestUpdate(context, first.data(), first.size()) == 1);
  if (!second.empty()) check(EVP_DigestUpdate(context, second.data(), second.size()) == 1);
  finish_into(context, out.data());
  give_back(algorithm, context);
  return out;
}

template <class Word>
void put_big_endian(Word v, std::string& out) {
  for (std::size_t i = sizeof v; i-- > 0;) out.push_back(static_cast<char>(v >> 8 * i));
}

constexpr std::array<std::pair<ChecksumAlgorithm, std::string_view>, 5> kNames{{
    {ChecksumAlgorithm::crc32, "CRC32"},
    {ChecksumAlgorithm::crc32c, "CRC32C"},
    {ChecksumAlgorithm::crc64nvme, "CRC64NVME"},
    {ChecksumAlgorithm::sha1, "SHA1"},
    {ChecksumAlgorithm::sha256, "SHA256"},
}};

}  // namespace

DigestAlgorithm digest_of(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::crc32:
      return DigestAlgorithm::crc32;
    case ChecksumAlgorithm::crc32c:
      return DigestAlgorithm::crc32c;
    case ChecksumAlgorithm::crc64nvme:
      return DigestAlgorithm::crc64nvme;
    case ChecksumAlgorithm::sha1:
      return DigestAlgorithm::sha1;
    case ChecksumAlgorithm::sha256:
      return DigestAlgorithm::sha256;
  }
  std::abort();
}

std::size_t digest_size(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::md5:
      return 16;
    case DigestAlgorithm::sha1:
      return 20;
    case DigestAlgorithm::sha256:
      return 32;
    case DigestAlgorithm::sha512:
      return 64;
    case DigestAlgorithm::crc32:
    case DigestAlgorithm::crc32c:
      return 4;
    case DigestAlgorithm::crc64nvme:
      return 8;
  }
  std::abort();
}

std::string_view checksum_name(ChecksumAlgorithm algorithm) {
  const auto* const it = std::ranges::find(kNames, algorithm, [](const auto& n) { return n.first; });
  return it->second;
}

std::optional<ChecksumAlgorithm> parse_checksum_name(std::string_view name) {
  const auto* const it = std::ranges::find(kNames, name, [](const auto& n) { return n.second; });
  return it == kNames.end() ? std::nullopt : std::optional(it->first);
}

Digest::Digest(DigestAlgorithm algorithm) : algorithm_(algorithm) {
  if (is_evp(algorithm)) context_ = take(algorithm);
}

Digest::Digest(Digest&& other) noexcept
    : algorithm_(other.algorithm_), crc_(other.crc_), context_(std::exchange(other.context_, nullptr)) {}

Digest& Digest::operator=(Digest&& other) noexcept {
  std::swap(algorithm_, other.algorithm_);
  std::swap(crc_, other.crc_);
  std::swap(context_, other.context_);
  return *this;
}

Digest::~Digest() {
  if (context_) give_back(algorithm_, context_);
}

void Digest::update(Bytes data) {
  switch (algorithm_) {
    case DigestAlgorithm::crc32:
      crc_ = crypto::crc32(static_cast<std::uint32_t>(crc_), data);
      break;
    case DigestAlgorithm::crc32c:
      crc_ = crypto::crc32c(static_cast<std::uint32_t>(crc_), data);
      break;
    case DigestAlgorithm::crc64nvme:
      crc_ = crypto::crc64nvme(crc_, data);
      break;
    default:
      check(EVP_DigestUpdate(context_, data.data(), data.size()) == 1);
  }
}

std::string Digest::finish() {
  std::string out;
  if (algorithm_ == DigestAlgorithm::crc64nvme) {
    put_big_endian(crc_, out);
  } else if (!is_evp(algorithm_)) {
    put_big_endian(static_cast<std::uint32_t>(crc_), out);
  } else {
    out.resize(digest_size(algorithm_));
    finish_into(context_, out.data());
    give_back(algorithm_, std::exchange(context_, nullptr));
  }
  return out;
}

std::string digest(DigestAlgorithm algorithm, Bytes data) {
  Digest d(algorithm);
  d.update(data);
  return d.finish();
}

std::array<std::uint8_t, 16> md5(Bytes data) { return one_shot<16>(DigestAlgorithm::md5, data); }

std::array<std::uint8_t, 32> sha256(Bytes data) { return one_shot<32>(DigestAlgorithm::sha256, data); }

namespace {
// RFC 2104, for digests with blocks of 64 bytes. Two digests with kept contexts take less than EVP_MAC does.
template <std::size_t N>
std::array<std::uint8_t, N> hmac(DigestAlgorithm algorithm, Bytes key, Bytes data) {
  std::array<std::uint8_t, N> short_key;
  if (key.size() > kHmacBlock) {
    short_key = one_shot<N>(algorithm, key);
    key = std::as_bytes(std::span(short_key));
  }
  std::array<std::byte, kHmacBlock> inner, outer;
  inner.fill(std::byte{0x36});
  outer.fill(std::byte{0x5c});
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] ^= key[i];
    outer[i] ^= key[i];
  }
  auto out = one_shot<N>(algorithm, inner, data);
  out = one_shot<N>(algorithm, outer, std::as_bytes(std::span(out)));
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
  OPENSSL_cleanse(short_key.data(), short_key.size());
  return out;
}
}  // namespace

std::array<std::uint8_t, 32> hmac_sha256(Bytes key, Bytes data) {
  return hmac<32>(DigestAlgorithm::sha256, key, data);
}

std::array<std::uint8_t, 20> hmac_sha1(Bytes key, Bytes data) {
  return hmac<20>(DigestAlgorithm::sha1, key, data);
}

}  // namespace cairn::crypto
