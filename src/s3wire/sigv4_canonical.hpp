#pragma once
#include <array>
#include <string>
#include <string_view>

#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/sigv4.hpp"
#include "cairn/s3wire/uri.hpp"

// What both sides of Signature V4 compute alike.
namespace cairn::s3wire::sigv4 {

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
using HexDigest = std::array<char, 64>;
inline std::string_view view(const HexDigest& h) { return {h.data(), h.size()}; }

HexDigest hex(const Sha256& digest);

// Path as it is signed: every byte decoded and encoded again by SigV4's rules, neither normalised nor encoded
// twice.
void append_canonical_path(std::string& out, std::string_view raw_path);
// Parameters but X-Amz-Signature, encoded, sorted by name and value.
void append_canonical_query(std::string& out, const Query& query);

struct CanonicalInput {
  const HttpRequestView& request;
  const Query& query;
  std::string_view signed_headers;
  std::string_view payload_hash;
  bool verbatim_path = false;  // the path as sent, for signers that sign that
};
void append_canonical_request(std::string& out, const CanonicalInput& in);

void append_string_to_sign(std::string& out, std::string_view amz_date, std::string_view scope,
                           std::string_view canonical_request);
HexDigest sign(const SigningKey& key, std::string_view string_to_sign);

}  // namespace cairn::s3wire::sigv4
