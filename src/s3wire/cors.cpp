#include "cairn/s3wire/cors.hpp"

#include <algorithm>

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kRequestMethod = "Access-Control-Request-Method";
constexpr std::string_view kRequestHeaders = "Access-Control-Request-Headers";

enum class Case : bool { heed, ignore };

bool same(std::string_view a, std::string_view b, Case c) {
  return c == Case::ignore ? iequals(a, b) : a == b;
}

// A pattern with at most one '*', which stands for any number of characters.
bool matches(std::string_view pattern, std::string_view text, Case c) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return same(pattern, text, c);
  const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return text.size() >= head.size() + tail.size() && same(text.substr(0, head.size()), head, c) &&
         same(text.substr(text.size() - tail.size()), tail, c);
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text, Case c) {
  return std::ranges::any_of(patterns, [&](const std::string& p) { return matches(p, text, c); });
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) {
    if (!out.empty()) out += ", ";
    out += w;
  }
  return out;
}

// What a rule is held against.
struct Question {
  std::string_view origin;
  std::string_view method;
  std::vector<std::string> headers;  // lower case
};

Question question_of(const HttpRequestView& request) {
  Question q{request.header("origin").value_or(""), request.method, {}};
  if (const auto method = request.header(kRequestMethod); method && !method->empty()) q.method = *method;
  for (std::string_view rest = request.header(kRequestHeaders).value_or(""); !rest.empty();)
    if (const std::string_view name = trim(cut(rest, ',')); !name.empty())
      q.headers.push_back(to_lower(name));
  return q;
}

bool allows(const CorsRule& rule, const Question& q) {
  return contains(rule.allowed_methods, q.method) &&
         any_matches(rule.allowed_origins, q.origin, Case::heed) &&
         std::ranges::all_of(q.headers, [&](const std::string& name) {
           return any_matches(rule.allowed_headers, name, Case::ignore);
         });
}

const CorsRule* find_rule(const CorsConfiguration& config, const Question& q) {
  const auto rule = std::ranges::find_if(config.rules, [&](const CorsRule& r) { return allows(r, q); });
  return rule == config.rules.end() ? nullptr : &*rule;
}

CorsHeaders headers_of(const CorsRule& rule, const Question& q) {
  CorsHeaders out;
  const bool everyone = contains(rule.allowed_origins, "*");
  out.emplace_back("Access-Control-Allow-Origin", everyone ? "*" : std::string(q.origin));
  out.emplace_back("Access-Control-Allow-Methods", join(rule.allowed_methods));
  if (!q.headers.empty()) out.emplace_back("Access-Control-Allow-Headers", join(q.headers));
  if (!rule.expose_headers.empty())
    out.emplace_back("Access-Control-Expose-Headers", join(rule.expose_headers));
  if (rule.max_age_seconds) out.emplace_back("Access-Control-Max-Age", std::to_string(*rule.max_age_seconds));
  if (!everyone) out.emplace_back("Access-Control-Allow-Credentials", "true");
  out.emplace_back("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  return out;
}

Refusal forbidden(std::string message, const HttpRequestView& request, CorsTarget target) {
  const std::string_view method = request.header(kRequestMethod).value_or("");
  return {Error(Code::access_forbidden, std::move(message)),
          {{"Method", std::string(method.empty() ? request.method : method)},
           {"ResourceType", target == CorsTarget::bucket ? "BUCKET" : "OBJECT"}}};
}

Refusal no_origin() {
  return {Error(Code::bad_request, "Insufficient information. Origin request header needed."), {}};
}

bool has_origin(const HttpRequestView& request) { return !request.header("origin").value_or("").empty(); }

}  // namespace

CorsHeaders cors_headers(const CorsConfiguration& config, const HttpRequestView& request) {
  if (!has_origin(request)) return {};
  const Question q = question_of(request);
  const CorsRule* rule = find_rule(config, q);
  return rule ? headers_of(*rule, q) : CorsHeaders{};
}

std::expected<CorsHeaders, Refusal> answer_preflight(const CorsConfiguration* config,
                                                     const HttpRequestView& request, CorsTarget target) {
  if (!has_origin(request)) return std::unexpected(no_origin());
  if (!config)
    return std::unexpected(
        forbidden("CORSResponse: CORS is not enabled for this bucket.", request, CorsTarget::bucket));
  if (request.header(kRequestMethod).value_or("").empty())
    return refuse(Code::bad_request, "Invalid Access-Control-Request-Method: null");
  const Question q = question_of(request);
  const CorsRule* rule = find_rule(*config, q);
  if (!rule)
    return std::unexpected(
        forbidden("CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
                  "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers "
                  "are not whitelisted by the resource's CORS spec.",
                  request, target));
  return headers_of(*rule, q);
}

Refusal preflight_without_bucket(const HttpRequestView& request) {
  if (!has_origin(request)) return no_origin();
  return forbidden("CORSResponse: Bucket not found", request, CorsTarget::bucket);
}

}  // namespace cairn::s3wire
