#include "cairn/s3wire/checksums.hpp"

#include <algorithm>

#include "cairn/s3wire/headers.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

struct Names {
  ChecksumAlgorithm algorithm;
  std::string_view header;
  std::string_view element;
};
constexpr Names kNames[] = {{ChecksumAlgorithm::crc32, "x-amz-checksum-crc32", "ChecksumCRC32"},
                            {ChecksumAlgorithm::crc32c, "x-amz-checksum-crc32c", "ChecksumCRC32C"},
                            {ChecksumAlgorithm::crc64nvme, "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME"},
                            {ChecksumAlgorithm::sha1, "x-amz-checksum-sha1", "ChecksumSHA1"},
                            {ChecksumAlgorithm::sha256, "x-amz-checksum-sha256", "ChecksumSHA256"}};
// In the service model, not in this build.
constexpr std::string_view kNotYet[] = {"SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"};
constexpr std::string_view kHeaderPrefix = "x-amz-checksum-";

const Names& names_of(ChecksumAlgorithm a) {
  return *std::ranges::find(kNames, a, &Names::algorithm);  // every value of the enum is in the table
}

std::unexpected<Error> bad_header(std::string_view name) {
  return fail(Code::invalid_request, "Value for " + std::string(name) + " header is invalid.");
}

Status take_value(ChecksumPlan& plan, std::string_view name, std::string_view value) {
  const auto algorithm = checksum_of_header(name);
  if (!algorithm) {
    const std::string_view word = name.substr(kHeaderPrefix.size());
    for (const std::string_view other : kNotYet)
      if (iequals(word, other))
        return fail(Code::not_implemented, "The checksum " + std::string(other) + " is not implemented.");
    return {};  // x-amz-checksum-type, -algorithm and -mode
  }
  if (plan.expected)
    return fail(Code::invalid_request,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  TRY(auto parsed, parse_checksum_value(*algorithm, value));
  if (parsed.type == ChecksumType::composite) return bad_header(checksum_header(*algorithm));
  plan.algorithm = algorithm;
  plan.expected = std::move(parsed.digest);
  return {};
}

Status take_trailer(ChecksumPlan& plan, std::string_view list) {
  while (!list.empty()) {
    const std::string_view name = trim(cut(list, ','));
    if (!starts_with_nocase(name, kHeaderPrefix)) continue;
    const auto algorithm = checksum_of_header(name);
    if (!algorithm) {
      TRY(parse_checksum_algorithm(name.substr(kHeaderPrefix.size())));
      return bad_header("x-amz-trailer");
    }
    if (plan.expected || plan.in_trailer)
      return fail(Code::invalid_request,
                  "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    plan.algorithm = algorithm;
    plan.in_trailer = true;
  }
  return {};
}

}  // namespace

std::string_view checksum_header(ChecksumAlgorithm a) { return names_of(a).header; }
std::string_view checksum_element(ChecksumAlgorithm a) { return names_of(a).element; }
std::string_view checksum_type_name(ChecksumType t) {
  return t == ChecksumType::composite ? "COMPOSITE" : "FULL_OBJECT";
}

Result<ChecksumAlgorithm> parse_checksum_algorithm(std::string_view name) {
  for (const Names& n : kNames)
    if (iequals(n.header.substr(kHeaderPrefix.size()), name)) return n.algorithm;
  for (const std::string_view other : kNotYet)
    if (iequals(name, other))
      return fail(Code::not_implemented, "The checksum " + std::string(other) + " is not implemented.");
  return fail(Code::invalid_request,
              "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
              "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
}

std::optional<ChecksumAlgorithm> checksum_of_header(std::string_view header) {
  for (const Names& n : kNames)
    if (iequals(n.header, header)) return n.algorithm;
  return std::nullopt;
}

std::string ChecksumValue::text() const {
  std::string out = to_base64(as_bytes(digest));
  if (type == ChecksumType::composite) out.append("-").append(std::to_string(parts));
  return out;
}

Result<ChecksumValue> parse_checksum_value(ChecksumAlgorithm a, std::string_view text) {
  ChecksumValue out;
  out.algorithm = a;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto parts = parse_decimal(text.substr(dash + 1));
    if (!parts || *parts < 1 || *parts > 10'000) return bad_header(checksum_header(a));
    out.type = ChecksumType::composite;
    out.parts = static_cast<std::uint32_t>(*parts);
    text = text.substr(0, dash);
  }
  auto digest = from_base64(text);
  if (!digest || digest->size() != crypto::digest_size(a)) return bad_header(checksum_header(a));
  out.digest = std::move(*digest);
  return out;
}

Result<ChecksumPlan> parse_upload_checksums(const HttpRequestView& request, const Query& query) {
  ChecksumPlan plan;
  for (const HeaderField& h : request.headers)
    if (starts_with_nocase(h.name, kHeaderPrefix)) TRY(take_value(plan, h.name, h.value));
  for (const HeaderField& h : hoisted_headers(query))
    if (starts_with_nocase(h.name, kHeaderPrefix) && !request.header(h.name))
      TRY(take_value(plan, h.name, h.value));
  for (const HeaderField& h : request.headers)
    if (iequals(h.name, "x-amz-trailer")) TRY(take_trailer(plan, h.value));

  for (const std::string_view name : {"x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"}) {
    const auto word = header_or_hoisted(request, query, name);
    if (!word) continue;
    TRY(const ChecksumAlgorithm algorithm, parse_checksum_algorithm(*word));
    // As S3 documents it: a value's own algorithm goes before the one that is announced. The algorithm alone,
    // without a value, is what some SDKs put into presigned URLs: there is nothing to compare then.
    if (!plan.algorithm) plan.algorithm = algorithm;
  }
  if (const auto md5 = request.header("content-md5")) {
    const auto raw = from_base64(*md5);
    if (!raw || raw->size() != 16)
      return fail(Code::invalid_digest, "The Content-MD5 you specified was invalid.");
    std::ranges::copy(*raw, plan.content_md5.emplace().begin());
  }
  return plan;
}

Result<std::string> expected_from_trailer(const ChecksumPlan& plan,
                                          std::span<const std::pair<std::string, std::string>> trailers) {
  if (!plan.algorithm || !plan.in_trailer) return fail(Code::malformed_trailer);
  for (const auto& [name, value] : trailers) {
    if (!iequals(name, checksum_header(*plan.algorithm))) continue;
    TRY(auto parsed, parse_checksum_value(*plan.algorithm, value));
    if (parsed.type == ChecksumType::composite) return bad_header(name);
    return std::move(parsed.digest);
  }
  return fail(Code::malformed_trailer);
}

Status compare_checksum(ChecksumAlgorithm a, std::string_view expected, std::string_view computed) {
  if (expected == computed) return {};
  return fail(Code::bad_digest, "The " + std::string(checksum_name(a)) +
                                    " you specified did not match the calculated checksum.");
}

Result<std::optional<ChecksumType>> parse_checksum_type(std::optional<std::string_view> header) {
  if (!header) return std::nullopt;
  if (iequals(*header, "COMPOSITE")) return ChecksumType::composite;
  if (iequals(*header, "FULL_OBJECT")) return ChecksumType::full_object;
  return bad_header("x-amz-checksum-type");
}

Result<std::optional<MultipartChecksum>> parse_multipart_checksum(const HttpRequestView& request,
                                                                  const Query& query) {
  const auto word = header_or_hoisted(request, query, "x-amz-checksum-algorithm");
  const auto type_word = header_or_hoisted(request, query, "x-amz-checksum-type");
  TRY(const auto type,
      parse_checksum_type(type_word ? std::optional<std::string_view>(*type_word) : std::nullopt));
  if (!word) {
    if (type)
      return fail(
          Code::invalid_request,
          "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    return std::nullopt;
  }
  TRY(const ChecksumAlgorithm algorithm, parse_checksum_algorithm(*word));
  const bool only_full = algorithm == ChecksumAlgorithm::crc64nvme;
  const bool only_composite = !crypto::is_crc(algorithm);
  const ChecksumType chosen = type.value_or(only_full ? ChecksumType::full_object : ChecksumType::composite);
  if ((only_full && chosen == ChecksumType::composite) ||
      (only_composite && chosen == ChecksumType::full_object))
    return fail(Code::invalid_request, "The " + std::string(checksum_type_name(chosen)) +
                                           " checksum type cannot be used with the " +
                                           std::string(checksum_name(algorithm)) + " checksum algorithm.");
  return MultipartChecksum{algorithm, chosen};
}

Result<bool> checksum_mode_enabled(const HttpRequestView& request, const Query& query) {
  const auto word = header_or_hoisted(request, query, "x-amz-checksum-mode");
  if (!word) return false;
  if (iequals(*word, "ENABLED")) return true;
  return fail(Code::invalid_argument, "x-amz-checksum-mode must be ENABLED.");
}

}  // namespace cairn::s3wire
