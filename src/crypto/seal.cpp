#include "cairn/crypto/seal.hpp"

#include <cstdlib>
#include <memory>

#include <openssl/evp.h>

#include "cairn/base/ids.hpp"

namespace cairn::crypto {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;
constexpr std::size_t kMaxText = 1u << 20;  // lengths are ints to OpenSSL

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// OpenSSL fails here only without memory or without its own built-in provider: nothing a caller could mend.
void check(bool ok) {
  if (!ok) std::abort();
}

const EVP_CIPHER* method() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  check(cipher != nullptr);
  return cipher;
}

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string seal(const SealKey& key, std::string_view text, std::string_view bound) {
  check(text.size() <= kMaxText && bound.size() <= kMaxText);
  std::string out(kNonce + text.size() + kTag, '\0');
  random_bytes(out.data(), kNonce);
  const Context context(EVP_CIPHER_CTX_new());
  check(context != nullptr);
  int n = 0;
  check(EVP_EncryptInit_ex2(context.get(), method(), key.data(), raw(out), nullptr) == 1);
  if (!bound.empty())
    check(EVP_EncryptUpdate(context.get(), nullptr, &n, raw(bound), static_cast<int>(bound.size())) == 1);
  check(EVP_EncryptUpdate(context.get(), raw(out) + kNonce, &n, raw(text), static_cast<int>(text.size())) ==
        1);
  check(EVP_EncryptFinal_ex(context.get(), raw(out) + kNonce + n, &n) == 1);
  check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTag),
                            raw(out) + kNonce + text.size()) == 1);
  return out;
}

Result<std::string> unseal(const SealKey& key, std::string_view sealed, std::string_view bound) {
  if (sealed.size() < kNonce + kTag || sealed.size() > kMaxText || bound.size() > kMaxText)
    return fail(Code::corrupt, "sealed text: wrong size");
  const std::string_view body = sealed.substr(kNonce, sealed.size() - kNonce - kTag);
  std::string tag(sealed.substr(sealed.size() - kTag));
  std::string out(body.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new());
  check(context != nullptr);
  int n = 0;
  check(EVP_DecryptInit_ex2(context.get(), method(), key.data(), raw(sealed), nullptr) == 1);
  if (!bound.empty())
    check(EVP_DecryptUpdate(context.get(), nullptr, &n, raw(bound), static_cast<int>(bound.size())) == 1);
  check(EVP_DecryptUpdate(context.get(), raw(out), &n, raw(body), static_cast<int>(body.size())) == 1);
  check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag), raw(tag)) == 1);
  if (EVP_DecryptFinal_ex(context.get(), raw(out) + n, &n) != 1)
    return fail(Code::corrupt, "sealed text: not genuine");
  return out;
}

}  // namespace cairn::crypto
