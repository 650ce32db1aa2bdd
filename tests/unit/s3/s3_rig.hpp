#pragma once
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "cairn/http/server.hpp"
#include "cairn/s3/service.hpp"
#include "cairn/s3wire/aws_chunked.hpp"
#include "cairn/s3wire/sigv4.hpp"

#include "fakes/mem_object_layer.hpp"
#include "fakes/memory_stream.hpp"

namespace cairn::s3::testing {

// What came back over the wire.
struct Answer {
  int status = 0;
  std::map<std::string, std::string> fields;  // lower-case names
  std::string body;
  std::string raw;
  bool cut = false;  // the connection was reset

  std::string field(const std::string& name) const {
    const auto it = fields.find(name);
    return it == fields.end() ? "" : it->second;
  }
  // The text of the first element of that name in an XML body.
  std::string element(const std::string& name) const {
    const auto from = body.find("<" + name + ">");
    if (from == std::string::npos) return "";
    const auto begin = from + name.size() + 2;
    return body.substr(begin, body.find("</" + name + ">", begin) - begin);
  }
  std::string code() const { return body.find("<Error>") == std::string::npos ? "" : element("Code"); }
};

struct Call {
  std::string method = "GET";
  std::string path = "/";  // encoded
  std::string query;       // encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string content_sha256 = std::string(s3wire::kUnsignedPayload);
  bool sign = true;
  std::optional<s3wire::Credentials> as;  // who signs; nothing: root
  std::string service = "s3";
  bool content_length = true;             // send it with a PUT or POST
  std::size_t send = std::string::npos;   // of the body; then the peer ends
  std::size_t piece = std::string::npos;  // the body arrives in pieces of this size
  s3wire::ChunkSigner* signer = nullptr;  // out: continues an aws-chunked body
};

// The service over an object layer in memory and a connection in memory: no socket, a clock that tests set.
class Rig {
 public:
  static constexpr const char* kAccess = "tester";
  static constexpr const char* kSecret = "a secret of the tests";

  explicit Rig(std::string region = "us-east-1", BucketDefaults defaults = BucketDefaults::classic)
      : region_(region),
        service(
            ServiceParts{layer, buffers, budget, metrics, digests, clock, identities},
            ServiceConfig{region, {"s3.test"}, AccessLog::off, std::chrono::milliseconds(100), defaults}) {
    asio::io_context context;
    Status loaded;
    asio::co_spawn(context, identities.load(), [&](std::exception_ptr, Status s) { loaded = std::move(s); });
    context.run();
    EXPECT_TRUE(loaded);
  }

  // The head of a request, signed unless told otherwise.
  std::string head(const Call& call) {
    s3wire::OutgoingRequest out{call.method, call.path, call.query, call.headers};
    if (!has(out.headers, "host")) out.headers.emplace_back("host", "localhost:9000");
    if (call.sign) {
      const s3wire::Credentials as = call.as.value_or(s3wire::Credentials{kAccess, kSecret, {}});
      auto signer =
          s3wire::sign_request(out, as, {region_, call.service}, clock.now_ms(), call.content_sha256, keys_);
      if (call.signer) *call.signer = signer;
    }
    std::string text =
        call.method + " " + call.path + (call.query.empty() ? "" : "?" + call.query) + " HTTP/1.1\r\n";
    for (const auto& [name, value] : out.headers) text += name + ": " + value + "\r\n";
    if (call.content_length && (call.method == "PUT" || call.method == "POST") &&
        !has(out.headers, "content-length"))
      text += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
    return text + "\r\n";
  }

  Answer operator()(const Call& call) {
    std::deque<std::string> pieces{head(call)};
    const std::string body = call.body.substr(0, call.send);
    for (std::size_t at = 0; at < body.size(); at += std::min(call.piece, body.size()))
      pieces.push_back(body.substr(at, call.piece));
    return exchange(std::move(pieces), call.method == "HEAD");
  }

  Answer exchange(std::deque<std::string> pieces, bool is_head = false) {
    asio::io_context context;
    fakes::MemoryStream::Log log;
    http::ServerOptions options;
    const http::Handler handler = [this](http::Request& q, http::Response& p) {
      return service.handle(q, p);
    };
    const http::ErrorResponder errors = [this](const Error& e, http::Response& p) {
      return service.http_error(e, p);
    };
    http::ServerCounters counters;
    asio::co_spawn(context,
                   http::serve_stream(std::make_unique<fakes::MemoryStream>(std::move(pieces), log), options,
                                      handler, errors, counters),
                   [](std::exception_ptr e, Status) {
                     if (e) std::rethrow_exception(e);
                   });
    context.run();
    return parse(log, is_head);
  }

  // ---- what tests do all the time ----
  Answer get(const std::string& path, const std::string& query = "") {
    return (*this)({.path = path, .query = query});
  }
  Answer put(const std::string& path, std::string body,
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    return (*this)({.method = "PUT", .path = path, .headers = std::move(headers), .body = std::move(body)});
  }
  Answer send(std::string method, std::string path, std::string query = "", std::string body = "",
              std::vector<std::pair<std::string, std::string>> headers = {}) {
    return (*this)({.method = std::move(method),
                    .path = std::move(path),
                    .query = std::move(query),
                    .headers = std::move(headers),
                    .body = std::move(body)});
  }
  void make_bucket(const std::string& name = "bucket") { ASSERT_EQ(put("/" + name, "").status, 200); }

  std::string region_;
  s3wire::SigningKeyCache keys_;
  ManualClock clock{1'795'000'000'000};
  fakes::MemObjectLayer layer{clock};
  BufferPool buffers;
  MemoryBudget budget{64u << 20};
  MetricRegistry metrics;
  DigestPool digests{"digests", 2};
  iam::IdentityStore identities{layer.documents(), clock, {kAccess, kSecret}};
  S3Service service;

 private:
  static bool has(const std::vector<std::pair<std::string, std::string>>& headers, std::string_view name) {
    for (const auto& [n, v] : headers)
      if (s3wire::iequals(n, name)) return true;
    return false;
  }

  static Answer parse(const fakes::MemoryStream::Log& log, bool is_head) {
    Answer a;
    a.raw = log.written;
    a.cut = log.reset;
    std::string text = log.written;
    while (text.starts_with("HTTP/1.1 100 ")) text.erase(0, text.find("\r\n\r\n") + 4);
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) return a;
    a.status = std::stoi(text.substr(9, 3));
    for (std::size_t at = text.find("\r\n") + 2; at < end + 2;) {
      const auto line_end = text.find("\r\n", at);
      const std::string line = text.substr(at, line_end - at);
      const auto colon = line.find(": ");
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      a.fields[name] = line.substr(colon + 2);
      at = line_end + 2;
    }
    a.body = text.substr(end + 4);
    if (!is_head && !a.cut && a.fields.contains("content-length")) {
      EXPECT_EQ(a.body.size(), std::stoull(a.fields["content-length"]));
    }
    return a;
  }
};

}  // namespace cairn::s3::testing
