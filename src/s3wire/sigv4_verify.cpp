#include "cairn/s3wire/sigv4.hpp"

#include "s3wire/sigv2.hpp"
#include "s3wire/sigv4_canonical.hpp"

namespace cairn::s3wire {

AuthResult<ChunkSigner> verify_signature(const HttpRequestView& request, const Query& query,
                                         const AuthClaim& claim, std::string_view secret,
                                         SigningKeyCache& cache) {
  if (claim.version == SignatureVersion::v2) {
    if (auto r = sigv2::verify(request, query, claim, secret); !r)
      return std::unexpected(std::move(r).error());
    return ChunkSigner{};
  }
  const SigningKey key = cache.get(claim.access_key, secret, claim.date, claim.region, claim.service);
  const std::string_view amz_date(claim.amz_date.data(), claim.amz_date.size());
  // Kept per thread: nothing below gives up the thread.
  thread_local std::string canonical, text;
  constexpr std::size_t kKeep = 64u << 10;
  const auto matches = [&](bool verbatim_path) {
    canonical.clear();
    text.clear();
    sigv4::append_canonical_request(
        canonical, {request, query, claim.signed_headers, claim.canonical_hash, verbatim_path});
    sigv4::append_string_to_sign(text, amz_date, claim.scope, canonical);
    return equal_constant_time(sigv4::view(sigv4::sign(key, text)), claim.signature);
  };
  bool good = matches(false);
  if (!good && request.raw_path.find_first_of("%!'()*,;:@&=+$") != std::string_view::npos) {
    // Some signers take the path as they send it, with a character encoded that need not be, or the other way
    // round. It names the same key.
    good = matches(true);
    if (!good) matches(false);  // for the texts below
  }
  if (!good) {
    AuthFailure failure{Error(Code::signature_does_not_match),
                        {{"AWSAccessKeyId", std::string(claim.access_key)},
                         {"StringToSign", text},
                         {"SignatureProvided", std::string(claim.signature)},
                         {"CanonicalRequest", canonical}}};
    return std::unexpected(std::move(failure));
  }
  if (canonical.capacity() > kKeep) std::string().swap(canonical);
  const bool chunks_signed = claim.payload == PayloadMode::streaming_signed ||
                             claim.payload == PayloadMode::streaming_signed_trailer;
  if (!chunks_signed) return ChunkSigner{};
  return ChunkSigner(key, std::string(amz_date), std::string(claim.scope), std::string(claim.signature));
}

}  // namespace cairn::s3wire
