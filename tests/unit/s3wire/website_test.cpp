#include "cairn/s3wire/website.hpp"

#include <gtest/gtest.h>

namespace cairn::s3wire {
namespace {

std::string document(std::string_view inner) {
  return "<WebsiteConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + std::string(inner) +
         "</WebsiteConfiguration>";
}
constexpr std::string_view kIndex = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";

std::string rules(std::string_view inner) {
  return document(std::string(kIndex) + "<RoutingRules>" + std::string(inner) + "</RoutingRules>");
}
std::string redirect(std::string_view inner, std::string_view condition = {}) {
  return "<RoutingRule>" + std::string(condition) + "<Redirect>" + std::string(inner) +
         "</Redirect></RoutingRule>";
}

// ---- Documents ----

TEST(WebsiteDocument, ComesBackAsItWasGiven) {
  const std::string rows[] = {
      document(kIndex),
      document("<RedirectAllRequestsTo><HostName>example.com</HostName></RedirectAllRequestsTo>"),
      document("<RedirectAllRequestsTo><HostName>example.com:8080</HostName><Protocol>https</Protocol></"
               "RedirectAllRequestsTo>"),
      document(
          std::string(kIndex) +
          "<ErrorDocument><Key>errors/a&amp;b.html</Key></"
          "ErrorDocument><RoutingRules><RoutingRule><Condition><"
          "KeyPrefixEquals>docs/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</"
          "HttpErrorCodeReturnedEquals></Condition><Redirect><Protocol>http</Protocol><HostName>h</"
          "HostName><ReplaceKeyPrefixWith></ReplaceKeyPrefixWith><HttpRedirectCode>307</HttpRedirectCode></"
          "Redirect></RoutingRule><RoutingRule><Redirect><ReplaceKeyWith>gone.html</ReplaceKeyWith></"
          "Redirect></"
          "RoutingRule></RoutingRules>"),
  };
  for (const std::string& xml : rows) {
    const auto config = parse_website(xml);
    ASSERT_TRUE(config) << xml << config.error().context;
    EXPECT_EQ(config->render(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml);
  }
}

TEST(WebsiteDocument, TellsWhatIsWrong) {
  struct Row {
    std::string xml;
    Code code;
    std::string_view message;  // a part of it
  };
  std::string many;
  for (int i = 0; i < 51; ++i) many += redirect("<HostName>h</HostName>");
  constexpr Code kXml = Code::malformed_xml, kArg = Code::invalid_argument, kReq = Code::invalid_request;
  const std::string all = "<RedirectAllRequestsTo><HostName>h</HostName></RedirectAllRequestsTo>";
  const Row rows[] = {
      {"<Website/>", kXml, ""},
      {document(""), kArg, "A value for IndexDocument Suffix must be provided"},
      {document("<ErrorDocument><Key>e</Key></ErrorDocument>"), kArg, "A value for IndexDocument Suffix"},
      {document("<IndexDocument/>"), kXml, ""},
      {document("<IndexDocument><Suffix>/index.html</Suffix></IndexDocument>"), kArg,
       "The IndexDocument Suffix is not well formed"},
      {document("<IndexDocument><Suffix/></IndexDocument>"), kArg, "not well formed"},
      {document(std::string(kIndex) + std::string(kIndex)), kXml, ""},
      {document(std::string(kIndex) + "<ErrorDocument/>"), kXml, ""},
      {document(std::string(kIndex) + "<ErrorDocument><Key/></ErrorDocument>"), kArg, "ErrorDocument Key"},
      {document(std::string(kIndex) + "<ErrorDocument><Key>" + std::string(1025, 'k') +
                "</Key></ErrorDocument>"),
       kArg, "ErrorDocument Key"},
      {document(std::string(kIndex) + "<Other/>"), kXml, ""},
      {document(all + "<IndexDocument><Suffix>/index.html</Suffix></IndexDocument>"), kArg,
       "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."},
      {document(all + all), kXml, ""},
      {document("<RedirectAllRequestsTo/>"), kXml, ""},
      {document("<RedirectAllRequestsTo><HostName/></RedirectAllRequestsTo>"), kReq, "HostName"},
      {document("<RedirectAllRequestsTo><HostName>a&#10;b</HostName></RedirectAllRequestsTo>"), kReq,
       "HostName"},
      {document(
           "<RedirectAllRequestsTo><HostName>h</HostName><Protocol>ftp</Protocol></RedirectAllRequestsTo>"),
       kReq, "Invalid protocol"},
      {rules(""), kXml, ""},
      {rules("<Other/>"), kXml, ""},
      {rules("<RoutingRule/>"), kXml, ""},
      {rules(redirect("")), kXml, ""},
      {rules(redirect("<Protocol>protocol</Protocol>")), kReq,
       "Invalid protocol, protocol can be http or https."},
      {rules(redirect("<ReplaceKeyPrefixWith>a</ReplaceKeyPrefixWith><ReplaceKeyWith>b</ReplaceKeyWith>")),
       kReq, "You can only define ReplaceKeyPrefix or ReplaceKey but not both."},
      {rules(redirect("<ReplaceKeyPrefixWith/><ReplaceKeyWith/>")), kReq, "not both"},
      {rules(redirect("<HostName>h</HostName>", "<Condition/>")), kReq, "Condition cannot be empty."},
      {rules(redirect("<HttpRedirectCode>300</HttpRedirectCode>")), kReq, "redirect code (300) is not valid"},
      {rules(redirect("<HttpRedirectCode>404</HttpRedirectCode>")), kReq, "3XX except 300"},
      {rules(redirect("<HttpRedirectCode>x</HttpRedirectCode>")), kReq, "redirect code (x)"},
      {rules(
           redirect("<HostName>h</HostName>",
                    "<Condition><HttpErrorCodeReturnedEquals>302</HttpErrorCodeReturnedEquals></Condition>")),
       kReq, "error code (302) is not valid. Valid codes are 4XX or 5XX."},
      {rules(redirect("<HostName>h</HostName>", "<Condition><Other/></Condition>")), kXml, ""},
      {rules(redirect("<Other/>")), kXml, ""},
      {rules(many), kReq, "limited to 50"},
  };
  for (const Row& row : rows) {
    const auto config = parse_website(row.xml);
    ASSERT_FALSE(config) << row.xml.substr(0, 400);
    EXPECT_EQ(config.error().code, row.code) << row.xml.substr(0, 400);
    EXPECT_NE(config.error().context.find(row.message), std::string::npos)
        << row.xml.substr(0, 400) << config.error().context;
  }
}

// ---- Routing ----

struct Asked {
  std::string path, key, query;
  WebsiteRequest request() const { return {"http", "site.example:9000", path, query, key}; }
};
Asked ask(std::string key, std::string query = {}) { return {"/" + key, key, std::move(query)}; }

WebsiteConfiguration config_of(std::string_view inner) { return parse_website(rules(inner)).value(); }

TEST(Website, PathsWithoutANameServeTheIndex) {
  const WebsiteConfiguration config = parse_website(document(kIndex)).value();
  struct Row {
    std::string key, served, folder;
  };
  const Row rows[] = {
      {"", "index.html", ""},
      {"photos/", "photos/index.html", ""},
      {"photos", "photos", "photos/index.html"},
      {"a/b.html", "a/b.html", "a/b.html/index.html"},
  };
  for (const Row& row : rows) {
    const Asked asked = ask(row.key);
    const WebsiteStep step = website_step(config, asked.request());
    EXPECT_EQ(step.kind, WebsiteStep::Kind::serve);
    EXPECT_EQ(step.key, row.served);
    EXPECT_EQ(folder_index(config, asked.request()), row.folder);
  }
}

TEST(Website, RequestsAreRedirectedByTheFirstRuleThatApplies) {
  const WebsiteConfiguration config = config_of(
      redirect("<ReplaceKeyPrefixWith>documents/</ReplaceKeyPrefixWith>",
               "<Condition><KeyPrefixEquals>docs/</KeyPrefixEquals></Condition>") +
      redirect("<ReplaceKeyWith>folder deleted.html</ReplaceKeyWith><HttpRedirectCode>302</HttpRedirectCode>",
               "<Condition><KeyPrefixEquals>images/</KeyPrefixEquals></Condition>") +
      redirect("<Protocol>https</Protocol><HostName>other.example</HostName>",
               "<Condition><KeyPrefixEquals>other</KeyPrefixEquals></Condition>") +
      redirect("<ReplaceKeyPrefixWith>#!/</ReplaceKeyPrefixWith>",
               "<Condition><KeyPrefixEquals>app/</KeyPrefixEquals></Condition>"));
  struct Row {
    Asked asked;
    int status;  // 200: served
    std::string to;
  };
  const Row rows[] = {
      {ask("docs/article1.html"), 301, "http://site.example:9000/documents/article1.html"},
      {ask("docs/a b%.html", "x=1&y"), 301, "http://site.example:9000/documents/a%20b%25.html?x=1&y"},
      {ask("docs"), 200, "docs"},
      {ask("images/a.png"), 302, "http://site.example:9000/folder%20deleted.html"},
      {ask("other/1"), 301, "https://other.example/other/1"},
      {ask("app/page"), 301, "http://site.example:9000/#!/page"},
      {ask("none"), 200, "none"},
  };
  for (const Row& row : rows) {
    const WebsiteStep step = website_step(config, row.asked.request());
    EXPECT_EQ(step.status, row.status) << row.to;
    EXPECT_EQ(step.status == 200 ? step.key : step.location, row.to);
    EXPECT_EQ(step.kind, row.status == 200 ? WebsiteStep::Kind::serve : WebsiteStep::Kind::redirect);
  }
}

TEST(Website, AllRequestsMayGoElsewhere) {
  auto config =
      parse_website(
          document("<RedirectAllRequestsTo><HostName>example.com</HostName></RedirectAllRequestsTo>"))
          .value();
  const Asked asked{"/a%20b/", "a b/", "q=1"};
  WebsiteStep step = website_step(config, asked.request());
  EXPECT_EQ(step.status, 301);
  EXPECT_EQ(step.location, "http://example.com/a%20b/?q=1");
  config.redirect_all->protocol = "https";
  step = website_step(config, asked.request());
  EXPECT_EQ(step.location, "https://example.com/a%20b/?q=1");
}

TEST(Website, ARuleWithoutAConditionTakesEveryRequest) {
  const WebsiteConfiguration config = config_of(redirect("<HostName>h</HostName>"));
  EXPECT_EQ(website_step(config, ask("").request()).location, "http://h/");
  EXPECT_EQ(website_step(config, ask("a/b").request()).location, "http://h/a/b");
}

TEST(Website, ErrorsLeadToFolderRuleDocumentOrPageInThisOrder) {
  WebsiteConfiguration config = config_of(
      redirect("<HostName>ec2.example</HostName><ReplaceKeyPrefixWith>report-404/</ReplaceKeyPrefixWith>",
               "<Condition><KeyPrefixEquals>old/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</"
               "HttpErrorCodeReturnedEquals></Condition>") +
      redirect("<ReplaceKeyPrefixWith>report-403/</ReplaceKeyPrefixWith>",
               "<Condition><HttpErrorCodeReturnedEquals>403</HttpErrorCodeReturnedEquals></Condition>"));
  config.error_key = "error.html";
  using Kind = WebsiteStep::Kind;
  struct Row {
    std::string key;
    int status;
    bool folder;
    Kind kind;
    int answer;
    std::string where;
  };
  const Row rows[] = {
      {"photos", 404, true, Kind::redirect, 302, "/photos/"},
      {"a b", 404, true, Kind::redirect, 302, "/a%20b/"},
      {"/evil.example", 404, true, Kind::redirect, 302, "http://site.example:9000//evil.example/"},
      {"old/x", 404, true, Kind::redirect, 302, "/old/x/"},
      {"old/x", 404, false, Kind::redirect, 301, "http://ec2.example/report-404/x"},
      {"new/x", 404, false, Kind::error_document, 404, "error.html"},
      {"new/x", 403, false, Kind::redirect, 301, "http://site.example:9000/report-403/new/x"},
      {"new/x", 405, false, Kind::error_document, 405, "error.html"},
      {"new/x", 503, false, Kind::error, 503, ""},
      {"", 404, false, Kind::error_document, 404, "error.html"},
  };
  for (const Row& row : rows) {
    const Asked asked = ask(row.key);
    const WebsiteStep step = website_step_after(config, asked.request(), row.status, row.folder);
    EXPECT_EQ(step.kind, row.kind) << row.key << row.status;
    EXPECT_EQ(step.status, row.answer) << row.key << row.status;
    EXPECT_EQ(step.kind == Kind::redirect ? step.location : step.key, row.where);
  }
  config.error_key.reset();
  EXPECT_EQ(website_step_after(config, ask("new/x").request(), 404, false).kind, Kind::error);
  EXPECT_EQ(website_step(config, ask("old/x").request()).kind, Kind::serve);  // rules for errors wait for one
}

TEST(Website, RedirectLocationsAreChecked) {
  const std::string good_ones[] = {"/page2.html", "http://www.example.com/", "HTTPS://example.com",
                                   "/" + std::string(2047, 'a')};
  for (const std::string& good : good_ones) EXPECT_TRUE(check_redirect_location(good)) << good.substr(0, 40);
  const std::string bad_ones[] = {"",        "page2.html", "ftp://a",
                                  "/a\r\nb", "/\xc3\xa4",  "/" + std::string(2048, 'a')};
  for (const std::string& bad : bad_ones) {
    const Status s = check_redirect_location(bad);
    ASSERT_FALSE(s) << bad.substr(0, 40);
    EXPECT_EQ(s.error().code, Code::invalid_redirect_location);
  }
}

// ---- Pages ----

TEST(WebsitePage, LooksAsAmazons) {
  const ErrorField key{"Key", "<index>.html"}, document_key{"Key", "error.html"};
  const WebsiteError error{404, "NoSuchKey", "The specified key does not exist.", {&key, 1}};
  const WebsiteError document_error{
      404, "NoSuchKey", "The specified key does not exist.", {&document_key, 1}};
  EXPECT_EQ(render_website_error(error, "r1", "h1"),
            "<html>\n<head><title>404 Not Found</title></head>\n<body>\n<h1>404 Not Found</h1>\n<ul>\n"
            "<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n"
            "<li>Key: &lt;index&gt;.html</li>\n<li>RequestId: r1</li>\n<li>HostId: h1</li>\n</ul>\n<hr/>\n"
            "</body>\n</html>\n");
  EXPECT_EQ(render_website_error(error, "r1", "h1", &document_error),
            "<html>\n<head><title>404 Not Found</title></head>\n<body>\n<h1>404 Not Found</h1>\n<ul>\n"
            "<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n"
            "<li>Key: &lt;index&gt;.html</li>\n<li>RequestId: r1</li>\n<li>HostId: h1</li>\n</ul>\n"
            "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n"
            "<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n"
            "<li>Key: error.html</li>\n</ul>\n<hr/>\n</body>\n</html>\n");
}

}  // namespace
}  // namespace cairn::s3wire
