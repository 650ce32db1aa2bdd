#include "cairn/s3wire/cors.hpp"

#include <gtest/gtest.h>

#include "requests.hpp"

namespace cairn::s3wire {
namespace {

using test::Request;

std::string rule(std::string_view inner) {
  return "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>" + std::string(inner) +
         "</CORSRule>";
}

std::string document(std::string_view rules) {
  return "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + std::string(rules) +
         "</CORSConfiguration>";
}

TEST(CorsDocument, ComesBackAsItWasGiven) {
  const std::string xml = document(
      "<CORSRule><ID>one &amp; only</ID><AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Range</"
      "AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</"
      "AllowedMethod><AllowedOrigin>http://*.example.com</AllowedOrigin><ExposeHeader>ETag</"
      "ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>" +
      rule(""));
  const auto config = parse_cors(xml);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->render(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml);
  ASSERT_EQ(config->rules.size(), 2u);
  EXPECT_EQ(config->rules[0].id, "one & only");
  EXPECT_EQ(config->rules[0].max_age_seconds, 3000u);
  EXPECT_EQ(config->rules[1].max_age_seconds, std::nullopt);
}

TEST(CorsDocument, TellsWhatIsWrong) {
  struct Row {
    std::string xml;
    Code code;
    std::string_view message;  // a part of it
  };
  const std::string long_id(256, 'i');
  std::string many;
  for (int i = 0; i < 101; ++i) many += rule("");
  const Row rows[] = {
      {"", Code::malformed_xml, ""},
      {"<CORSConfiguration/>", Code::malformed_xml, ""},
      {"<Cors>" + rule("") + "</Cors>", Code::malformed_xml, ""},
      {document("<CORSRule/>"), Code::malformed_xml, ""},
      {document("<Rule/>"), Code::malformed_xml, ""},
      {document("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>"), Code::malformed_xml, ""},
      {document("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>"), Code::malformed_xml, ""},
      {document(rule("<Other/>")), Code::malformed_xml, ""},
      {document(rule("<MaxAgeSeconds>-1</MaxAgeSeconds>")), Code::malformed_xml, ""},
      {document(rule("<MaxAgeSeconds>2147483648</MaxAgeSeconds>")), Code::malformed_xml, ""},
      {document(rule("<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>1</MaxAgeSeconds>")),
       Code::malformed_xml, ""},
      {document(rule("<ID>a</ID><ID>b</ID>")), Code::malformed_xml, ""},
      {document(rule("<ID><b/></ID>")), Code::malformed_xml, ""},
      {document(rule("<AllowedMethod>PATCH</AllowedMethod>")), Code::invalid_request,
       "Unsupported method is PATCH"},
      {document(rule("<AllowedMethod>get</AllowedMethod>")), Code::invalid_request, "method is get"},
      {document(rule("<AllowedMethod/>")), Code::invalid_request, "Unsupported method"},
      {document(rule("<AllowedOrigin>http://*.*</AllowedOrigin>")), Code::invalid_request,
       "AllowedOrigin \"http://*.*\" can not have more than one wildcard."},
      {document(rule("<AllowedHeader>**</AllowedHeader>")), Code::invalid_request, "AllowedHeader \"**\""},
      {document(rule("<ExposeHeader>x-*</ExposeHeader>")), Code::invalid_request, "contains wildcard"},
      {document(rule("<ExposeHeader>a&#10;Set-Cookie: b</ExposeHeader>")), Code::invalid_request,
       "name of a header"},
      {document(rule("<ExposeHeader/>")), Code::invalid_request, "name of a header"},
      {document(rule("<ID>" + long_id + "</ID>")), Code::invalid_argument, "255"},
      {document(many), Code::invalid_request, "100 rules"},
      {document(rule("<ID>" + std::string(kMaxCorsBody, 'i') + "</ID>")), Code::malformed_xml, ""},
  };
  for (const Row& row : rows) {
    const auto config = parse_cors(row.xml);
    ASSERT_FALSE(config) << row.xml.substr(0, 200);
    EXPECT_EQ(config.error().code, row.code) << row.xml.substr(0, 200);
    EXPECT_NE(config.error().context.find(row.message), std::string::npos) << config.error().context;
  }
}

TEST(CorsDocument, TakesWhatIsJustAllowed) {
  std::string umlauts;
  for (int i = 0; i < 255; ++i) umlauts += "\xC3\xA4";  // 255 characters in 510 bytes
  EXPECT_TRUE(parse_cors(document(rule("<ID>" + umlauts + "</ID>"))));
  EXPECT_TRUE(parse_cors(document(rule("<AllowedOrigin/>"))));  // as Amazon does
  std::string many;
  for (int i = 0; i < 100; ++i) many += rule("");
  EXPECT_TRUE(parse_cors(document(many)));
}

// ---- Matching ----

CorsConfiguration config_of(std::vector<CorsRule> rules) { return {std::move(rules)}; }

Request request(std::string method, std::string origin, std::string asked = {}, std::string headers = {}) {
  Request r;
  r.method = std::move(method);
  if (!origin.empty()) r.set("Origin", std::move(origin));
  if (!asked.empty()) r.set("Access-Control-Request-Method", std::move(asked));
  if (!headers.empty()) r.set("Access-Control-Request-Headers", std::move(headers));
  return r;
}

std::string find(const CorsHeaders& headers, std::string_view name) {
  for (const auto& [n, v] : headers)
    if (n == name) return v;
  return "-";
}

TEST(CorsMatch, OriginsMatchWithOneWildcardAndByCase) {
  const CorsConfiguration config = config_of({{"", {}, {"GET"}, {"*suffix"}, {}, {}},
                                              {"", {}, {"GET"}, {"start*end"}, {}, {}},
                                              {"", {}, {"GET"}, {"prefix*", "exact"}, {}, {}},
                                              {"", {}, {"PUT"}, {"*.put"}, {}, {}}});
  struct Row {
    std::string method, origin;
    bool allowed;
  };
  const Row rows[] = {
      {"GET", "foo.suffix", true},   {"GET", "foo.bar", false},      {"GET", "foo.suffix.get", false},
      {"GET", "startend", true},     {"GET", "start1end", true},     {"GET", "start12end", true},
      {"GET", "0start12end", false}, {"GET", "prefix", true},        {"GET", "prefix.suffix", true},
      {"GET", "bla.prefix", false},  {"GET", "foo.put", false},      {"PUT", "foo.put", true},
      {"PUT", "foo.suffix", false},  {"GET", "starend", false},      {"GET", "exact", true},
      {"GET", "exactly", false},     {"GET", "EXACT", false},        {"GET", "suffix", true},
      {"DELETE", "exact", false},    {"GET", "http://prefix", false}};
  for (const Row& row : rows) {
    const Request actual = request(row.method, row.origin);
    EXPECT_EQ(find(cors_headers(config, actual.view()), "Access-Control-Allow-Origin"),
              row.allowed ? row.origin : "-")
        << row.method << " " << row.origin;
    const Request preflight = request("OPTIONS", row.origin, row.method);
    EXPECT_EQ(answer_preflight(&config, preflight.view(), CorsTarget::object).has_value(), row.allowed)
        << row.method << " " << row.origin;
  }
}

TEST(CorsMatch, AnswersAsAmazonDoes) {
  const CorsConfiguration config =
      config_of({{"", {"*"}, {"GET", "PUT"}, {"https://localhost:4200"}, {"x-amz-id-2", "ETag"}, 3000}});
  const Request preflight =
      request("OPTIONS", "https://localhost:4200", "PUT", "X-Amz-Request-Payer,x-amz-date");
  const auto answer = answer_preflight(&config, preflight.view(), CorsTarget::object);
  ASSERT_TRUE(answer);
  const CorsHeaders expected = {
      {"Access-Control-Allow-Origin", "https://localhost:4200"},
      {"Access-Control-Allow-Methods", "GET, PUT"},
      {"Access-Control-Allow-Headers", "x-amz-request-payer, x-amz-date"},
      {"Access-Control-Expose-Headers", "x-amz-id-2, ETag"},
      {"Access-Control-Max-Age", "3000"},
      {"Access-Control-Allow-Credentials", "true"},
      {"Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}};
  EXPECT_EQ(*answer, expected);
}

TEST(CorsMatch, EveryoneIsAnsweredWithAStarAndNoCredentials) {
  const CorsConfiguration config = config_of({{"", {}, {"GET"}, {"https://a", "*"}, {}, 0}});
  const Request r = request("GET", "https://a");
  const CorsHeaders headers = cors_headers(config, r.view());
  EXPECT_EQ(find(headers, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(find(headers, "Access-Control-Allow-Credentials"), "-");
  EXPECT_EQ(find(headers, "Access-Control-Max-Age"), "0");
  EXPECT_EQ(find(headers, "Access-Control-Expose-Headers"), "-");
  EXPECT_EQ(find(headers, "Access-Control-Allow-Headers"), "-");
}

TEST(CorsMatch, EveryRequestedHeaderMustBeAllowed) {
  const CorsConfiguration config =
      config_of({{"",
                  {"x-amz-expected-bucket-owner", "x-AMZ-server-SIDE-encryption", "x-amz-meta-*"},
                  {"GET"},
                  {"*"},
                  {},
                  {}}});
  struct Row {
    std::string headers;
    std::string answer;  // "-": refused
  };
  const Row rows[] = {
      {"x-amz-expected-bucket-owner", "x-amz-expected-bucket-owner"},
      {"x-amz-expected-bucket-owner,X-Amz-Server-Side-Encryption",
       "x-amz-expected-bucket-owner, x-amz-server-side-encryption"},
      {"x-amz-meta-Colour , ,", "x-amz-meta-colour"},
      {"x-amz-request-payer", "-"},
      {"x-amz-expected-bucket-owner, x-amz-request-payer", "-"},
  };
  for (const Row& row : rows) {
    const Request preflight = request("OPTIONS", "https://a", "GET", row.headers);
    const auto answer = answer_preflight(&config, preflight.view(), CorsTarget::object);
    EXPECT_EQ(answer ? find(*answer, "Access-Control-Allow-Headers") : "-", row.answer) << row.headers;
  }
}

TEST(CorsMatch, TheFirstRuleThatMatchesCounts) {
  const CorsConfiguration config = config_of({{"", {}, {"PUT"}, {"https://a"}, {}, 1},
                                              {"", {}, {"GET"}, {"https://a"}, {}, 2},
                                              {"", {"*"}, {"GET"}, {"*"}, {}, 3}});
  EXPECT_EQ(find(cors_headers(config, request("GET", "https://a").view()), "Access-Control-Max-Age"), "2");
  EXPECT_EQ(find(cors_headers(config, request("GET", "https://b").view()), "Access-Control-Max-Age"), "3");
  EXPECT_EQ(find(cors_headers(config, request("OPTIONS", "https://a", "GET", "x").view()),
                 "Access-Control-Max-Age"),
            "3");
}

TEST(CorsMatch, ActualRequestsWithThePreflightsHeadersAreTakenAtTheirWord) {
  const CorsConfiguration config = config_of({{"", {}, {"GET"}, {"https://a"}, {}, {}}});
  EXPECT_EQ(cors_headers(config, request("PUT", "https://a").view()).size(), 0u);
  EXPECT_NE(cors_headers(config, request("PUT", "https://a", "GET").view()).size(), 0u);
  EXPECT_EQ(cors_headers(config, request("GET", "https://a", "PUT").view()).size(), 0u);
  EXPECT_EQ(cors_headers(config, request("GET", "https://a", "", "x-amz-date").view()).size(), 0u);
  EXPECT_EQ(cors_headers(config, request("GET", "").view()).size(), 0u);
}

TEST(CorsPreflight, RefusalsAreAmazons) {
  const CorsConfiguration config = config_of({{"", {}, {"GET"}, {"https://a"}, {}, {}}});
  struct Row {
    const CorsConfiguration* config;
    Request request;
    Code code;
    std::string message;
    std::vector<ErrorField> fields;
  };
  const std::string not_allowed =
      "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
      "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted "
      "by "
      "the resource's CORS spec.";
  const Row rows[] = {
      {&config,
       request("OPTIONS", ""),
       Code::bad_request,
       "Insufficient information. Origin request header needed.",
       {}},
      {nullptr,
       request("OPTIONS", "", "GET"),
       Code::bad_request,
       "Insufficient information. Origin request header needed.",
       {}},
      {nullptr,
       request("OPTIONS", "https://a", "PUT"),
       Code::access_forbidden,
       "CORSResponse: CORS is not enabled for this bucket.",
       {{"Method", "PUT"}, {"ResourceType", "BUCKET"}}},
      {nullptr,
       request("OPTIONS", "https://a"),
       Code::access_forbidden,
       "CORSResponse: CORS is not enabled for this bucket.",
       {{"Method", "OPTIONS"}, {"ResourceType", "BUCKET"}}},
      {&config,
       request("OPTIONS", "https://a"),
       Code::bad_request,
       "Invalid Access-Control-Request-Method: null",
       {}},
      {&config,
       request("OPTIONS", "https://b", "GET"),
       Code::access_forbidden,
       not_allowed,
       {{"Method", "GET"}, {"ResourceType", "OBJECT"}}},
      {&config,
       request("OPTIONS", "https://a", "PUT"),
       Code::access_forbidden,
       not_allowed,
       {{"Method", "PUT"}, {"ResourceType", "OBJECT"}}},
  };
  for (const Row& row : rows) {
    const auto answer = answer_preflight(row.config, row.request.view(), CorsTarget::object);
    ASSERT_FALSE(answer) << row.message;
    EXPECT_EQ(answer.error().error.code, row.code);
    EXPECT_EQ(answer.error().error.context, row.message);
    EXPECT_EQ(answer.error().fields, row.fields) << row.message;
  }
  const Refusal no_bucket = preflight_without_bucket(request("OPTIONS", "https://a").view());
  EXPECT_EQ(no_bucket.error.context, "CORSResponse: Bucket not found");
  EXPECT_EQ(preflight_without_bucket(request("OPTIONS", "").view()).error.code, Code::bad_request);
}

}  // namespace
}  // namespace cairn::s3wire
