#include "cairn/iam/session.hpp"

#include "cairn/base/bytes.hpp"
#include "cairn/crypto/digest.hpp"

namespace cairn::iam {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::string_view kBound = "cairn session token";
constexpr std::size_t kMaxToken = 16'384;
constexpr std::size_t kMaxList = 64;

std::string text(Decoder& in) { return std::string(in.bytes()); }

}  // namespace

std::size_t packed_size(const SessionClaims& c) {
  std::size_t size = c.policy.size();
  for (const std::string& arn : c.policy_arns) size += arn.size();
  for (const Tag& t : c.tags) size += t.key.size() + t.value.size();
  return size;
}

std::string seal_session(const crypto::SealKey& key, const SessionClaims& c) {
  std::string plain;
  Encoder out(plain);
  out.u8(kFormat);
  out.u8(c.assumed_role ? 1 : 0);
  for (const std::string* s : {&c.access_key, &c.subject, &c.source, &c.name, &c.policy}) out.bytes(*s);
  out.signed_varint(c.issued);
  out.signed_varint(c.expires);
  out.varint(c.policy_arns.size());
  for (const std::string& arn : c.policy_arns) out.bytes(arn);
  out.varint(c.tags.size());
  for (const Tag& t : c.tags) {
    out.bytes(t.key);
    out.bytes(t.value);
  }
  return to_base64(as_bytes(crypto::seal(key, plain, kBound)));
}

Result<SessionClaims> open_session(const crypto::SealKey& key, std::string_view token) {
  if (token.size() > kMaxToken) return fail(Code::invalid_token);
  const auto sealed = from_base64(token);
  if (!sealed) return fail(Code::invalid_token);
  const auto plain = crypto::unseal(key, *sealed, kBound);
  if (!plain) return fail(Code::invalid_token);
  Decoder in(*plain);
  if (in.u8() != kFormat) return fail(Code::invalid_token);
  SessionClaims c;
  c.assumed_role = in.u8() == 1;
  for (std::string* s : {&c.access_key, &c.subject, &c.source, &c.name, &c.policy}) *s = text(in);
  c.issued = in.signed_varint();
  c.expires = in.signed_varint();
  for (std::size_t n = in.varint(); n > 0 && in.ok() && c.policy_arns.size() <= kMaxList; --n)
    c.policy_arns.push_back(text(in));
  for (std::size_t n = in.varint(); n > 0 && in.ok() && c.tags.size() <= kMaxList; --n) {
    std::string tag_key = text(in);
    c.tags.push_back({std::move(tag_key), text(in)});
  }
  if (!in.finish("session token")) return fail(Code::invalid_token);
  return c;
}

std::string session_secret(const crypto::SealKey& key, std::string_view token) {
  const std::string_view raw(reinterpret_cast<const char*>(key.data()), key.size());
  const auto own = crypto::hmac_sha256(raw, "cairn session secret");  // not the key that seals
  const auto mac = crypto::hmac_sha256(crypto::raw_text(own), token);
  return to_base64(as_bytes(crypto::raw_text(mac))).substr(0, 40);
}

}  // namespace cairn::iam
