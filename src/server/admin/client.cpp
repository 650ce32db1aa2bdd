#include "server/admin/client.hpp"

#include <algorithm>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "cairn/crypto/digest.hpp"
#include "cairn/http/client.hpp"
#include "cairn/s3client/s3_client.hpp"
#include "cairn/s3wire/uri.hpp"

namespace cairn::server {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxAnswer = 64u << 20;
constexpr std::string_view kPrefix = "/_admin/v1";

std::string encode(std::vector<std::pair<std::string, std::string>> query) {
  std::sort(query.begin(), query.end());
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out += '&';
    s3wire::append_uri_encoded(out, name, s3wire::Slash::encode);
    out += '=';
    s3wire::append_uri_encoded(out, value, s3wire::Slash::encode);
  }
  return out;
}

struct Exchange {
  http::Endpoint endpoint;
  http::ClientOptions options;
  s3wire::OutgoingRequest request;
  std::string body;
};

Task<std::pair<int, std::string>> exchange(const Exchange& e) {
  CO_TRY(const auto connection, co_await http::ClientConnection::connect(e.endpoint, e.options));
  std::string target = e.request.path;
  if (!e.request.query.empty()) target.append("?").append(e.request.query);
  std::vector<http::Field> fields;
  for (const auto& [name, value] : e.request.headers) fields.push_back({name, value});
  http::ClientRequest request;
  request.method = e.request.method;
  request.target = target;
  request.fields = fields;
  request.content_length = e.body.size();
  CO_TRY(co_await connection->send(request, as_bytes(e.body)));
  CO_TRY(const http::ClientResponse* head, co_await connection->read_head());
  const int status = head->status;
  CO_TRY(std::string text, co_await connection->read_body_text(kMaxAnswer));
  co_return std::pair(status, std::move(text));
}

}  // namespace

Result<AdminAnswer> AdminClient::send(const AdminRequest& request, const std::string& after) {
  auto address = s3client::ServerAddress::parse(target_.endpoint);
  if (!address) return fail(Code::config, address.error().context);
  Exchange e;
  e.endpoint = address->endpoint;
  if (address->tls) {
    TRY(e.options.tls, http::tls_client_context(tls_));
  }
  auto query = request.query;
  if (!after.empty()) query.emplace_back("after", after);
  if (!request.body.is_null()) e.body = request.body.dump();
  e.request = {request.method,
               std::string(kPrefix) + request.path,
               encode(std::move(query)),
               {{"host", address->host_header}}};
  if (!e.body.empty()) e.request.headers.emplace_back("content-type", "application/json");
  const std::string hash = to_hex(as_bytes(crypto::raw_text(crypto::sha256(e.body))));
  s3wire::sign_request(e.request, target_.credentials, {.region = target_.region, .service = "s3"},
                       clock_.now_ms(), hash, keys_);

  asio::io_context context;
  std::optional<Result<std::pair<int, std::string>>> got;
  asio::co_spawn(context, exchange(e), [&](std::exception_ptr failed, auto result) {
    if (failed) std::rethrow_exception(failed);
    got.emplace(std::move(result));
  });
  context.run();
  if (!*got) return fail(got->error());
  AdminAnswer answer{(*got)->first, json::parse((*got)->second, nullptr, false)};
  if (!answer.document.is_object())
    return fail(Code::bad_http, "the answer (status " + std::to_string(answer.status) +
                                    ") does not come from Cairn's admin API");
  return answer;
}

Result<AdminAnswer> AdminClient::ask(const AdminRequest& request) {
  TRY(AdminAnswer answer, send(request, ""));
  if (!request.pages || answer.status >= 300) return answer;
  json items = json::array();
  for (;;) {
    for (json& item : answer.document.at("items")) items.push_back(std::move(item));
    const auto next = answer.document.find("next");
    if (next == answer.document.end()) break;
    TRY(answer, send(request, next->get<std::string>()));
    if (answer.status >= 300) return answer;
  }
  answer.document = {{"items", std::move(items)}};
  return answer;
}

}  // namespace cairn::server
