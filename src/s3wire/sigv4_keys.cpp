#include <functional>

#include "cairn/crypto/digest.hpp"
#include "cairn/s3wire/sigv4.hpp"

#include "s3wire/sigv4_canonical.hpp"

namespace cairn::s3wire {

SigningKey derive_signing_key(std::string_view secret, std::string_view date, std::string_view region,
                              std::string_view service) {
  std::string first = "AWS4";
  first += secret;
  SigningKey key = crypto::hmac_sha256(first, date);
  for (const std::string_view step : {region, service, std::string_view("aws4_request")})
    key = crypto::hmac_sha256(crypto::raw_text(key), step);
  return key;
}

SigningKeyCache::SigningKeyCache(std::size_t capacity) : entries_((capacity + kWays - 1) / kWays * kWays) {
  if (entries_.empty()) entries_.resize(kWays);
}

SigningKey SigningKeyCache::get(std::string_view access_key, std::string_view secret, std::string_view date,
                                std::string_view region, std::string_view service) {
  const std::hash<std::string_view> hash;
  // Two secrets of one access key that collide would be taken for each other only while both were in use.
  const std::uint64_t secret_hash = hash(secret);
  const std::size_t set =
      (hash(access_key) ^ hash(date) * 31 ^ hash(region) * 37) % (entries_.size() / kWays) * kWays;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = set; i < set + kWays; ++i) {
      Entry& e = entries_[i];
      if (e.used && e.secret_hash == secret_hash && e.access_key == access_key && e.date == date &&
          e.region == region && e.service == service) {
        e.used = ++tick_;
        return e.key;
      }
    }
  }
  const SigningKey key = derive_signing_key(secret, date, region, service);
  const std::lock_guard lock(mutex_);
  Entry* oldest = &entries_[set];
  for (std::size_t i = set + 1; i < set + kWays; ++i)
    if (entries_[i].used < oldest->used) oldest = &entries_[i];
  *oldest = Entry{++tick_,
                  secret_hash,
                  std::string(access_key),
                  std::string(date),
                  std::string(region),
                  std::string(service),
                  key};
  return key;
}

std::string ChunkSigner::sign(std::string_view algorithm, std::string_view hash_lines) {
  std::string text;
  text.reserve(320);
  text.append(algorithm).append("\n").append(amz_date_).append("\n").append(scope_).append("\n");
  text.append(previous_).append("\n").append(hash_lines);
  previous_ = sigv4::view(sigv4::sign(key_, text));
  return previous_;
}

std::string ChunkSigner::next_chunk(const Sha256& data_hash) {
  std::string lines(kEmptySha256);
  lines.append("\n").append(sigv4::view(sigv4::hex(data_hash)));
  return sign("AWS4-HMAC-SHA256-PAYLOAD", lines);
}

std::string ChunkSigner::trailer(const Sha256& trailer_hash) {
  return sign("AWS4-HMAC-SHA256-TRAILER", sigv4::view(sigv4::hex(trailer_hash)));
}

}  // namespace cairn::s3wire
