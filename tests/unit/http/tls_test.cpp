#include <filesystem>
#include <fstream>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "loopback.hpp"

namespace cairn::http {
namespace {

using testing::Loop;
using testing::RawClient;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A folder with a self-signed certificate for localhost and 127.0.0.1.
class CertificateFolder {
 public:
  CertificateFolder() {
    std::string name = (fs::temp_directory_path() / "cairn-tls-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
    renew("first");
  }
  ~CertificateFolder() { fs::remove_all(path_); }
  CertificateFolder(const CertificateFolder&) = delete;
  CertificateFolder& operator=(const CertificateFolder&) = delete;

  std::string path() const { return path_; }
  std::string certificate() const { return path_ + "/public.crt"; }

  void renew(const std::string& common_name, bool with_key = true) const {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x, key, EVP_sha256());
    write(certificate(), [&](FILE* f) { PEM_write_X509(f, x); });
    if (with_key)
      write(path_ + "/private.key",
            [&](FILE* f) { PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr); });
    X509_free(x);
    EVP_PKEY_free(key);
  }

 private:
  // A new file each time, as an operator's tools make it.
  template <class Write>
  static void write(const std::string& path, Write body) {
    const std::string next = path + ".new";
    FILE* f = std::fopen(next.c_str(), "w");
    body(f);
    std::fclose(f);
    fs::rename(next, path);
  }
  std::string path_;
};

asio::awaitable<void> echo(Request& request, Response& response) {
  auto body = co_await request.read_body_text(10 << 20);
  if (!body) co_return;
  response.field("X-TLS", request.tls_version());
  (void)co_await response.send(std::move(*body));
}

ServerOptions options_for(const CertificateFolder& folder) {
  ServerOptions options;
  options.listen = {{"127.0.0.1", 0}};
  options.certs_dir = folder.path();
  options.certs_check = 0ms;
  return options;
}

ClientOptions trusting(const CertificateFolder& folder) {
  ClientOptions options;
  options.tls = tls_client_context({.verify = true, .ca_file = folder.certificate()}).value();
  return options;
}

Task<std::string> put(Endpoint endpoint, ClientOptions options, std::string body) {
  const bool old = SSL_CTX_get_max_proto_version(options.tls.get()) == TLS1_2_VERSION;
  CO_TRY(auto c, co_await ClientConnection::connect(std::move(endpoint), std::move(options)));
  std::string text;
  for (int i = 0; i < 2; ++i) {
    ClientRequest request{.method = "PUT"};
    request.content_length = body.size();
    CO_TRY(co_await c->send(request, as_bytes(body)));
    CO_TRY(const ClientResponse* response, co_await c->read_head());
    if (response->fields.get("X-TLS") != (old ? "TLSv1.2" : "TLSv1.3"))
      co_return fail(Code::internal, "another version of TLS");
    CO_TRY(text, co_await c->read_body_text(10 << 20));
  }
  co_return text;
}

TEST(Tls, CarriesSmallAndLargeBodiesInBothVersions) {
  Loop loop;
  const CertificateFolder folder;
  Server server(loop.executor(), options_for(folder), echo);
  ASSERT_TRUE(server.start());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ClientOptions options = trusting(folder);
    SSL_CTX_set_min_proto_version(options.tls.get(), version);
    SSL_CTX_set_max_proto_version(options.tls.get(), version);
    std::string large;
    for (std::uint32_t i = 0; i < 1'000'000; ++i) large.append(reinterpret_cast<const char*>(&i), sizeof i);
    for (const std::string& body : {std::string(), std::string("hello"), large}) {
      const auto text = loop.run(put(server.endpoints().front(), options, body));
      ASSERT_TRUE(text) << text.error().context;
      EXPECT_TRUE(*text == body) << body.size();
    }
  }
}

TEST(Tls, RefusesOldVersions) {
  Loop loop;
  const CertificateFolder folder;
  Server server(loop.executor(), options_for(folder), echo);
  ASSERT_TRUE(server.start());
  ClientOptions options = trusting(folder);
  SSL_CTX_set_min_proto_version(options.tls.get(), TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(options.tls.get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(options.tls.get(), 0);
  SSL_CTX_set_cipher_list(options.tls.get(), "ALL");
  EXPECT_FALSE(loop.run(put(server.endpoints().front(), options, "x")));
}

TEST(Tls, AClientTrustsOnlyWhatItWasTold) {
  Loop loop;
  const CertificateFolder folder;
  const CertificateFolder other;
  Server server(loop.executor(), options_for(folder), echo);
  ASSERT_TRUE(server.start());
  const Endpoint endpoint = server.endpoints().front();
  const auto untrusted = loop.run(put(endpoint, trusting(other), "x"));
  ASSERT_FALSE(untrusted);
  EXPECT_NE(untrusted.error().context.find("self-signed"), std::string::npos) << untrusted.error().context;
  ClientOptions options = trusting(folder);
  options.server_name = "example.com";
  const auto misnamed = loop.run(put(endpoint, options, "x"));
  ASSERT_FALSE(misnamed);
  EXPECT_NE(misnamed.error().context.find("hostname mismatch"), std::string::npos)
      << misnamed.error().context;
  options.server_name = "localhost";
  EXPECT_TRUE(loop.run(put(endpoint, options, "x")));
  options = {};
  options.tls = tls_client_context({.verify = false, .ca_file = {}}).value();
  EXPECT_TRUE(loop.run(put(endpoint, options, "x")));
}

TEST(Tls, TakesUpANewCertificateWithoutARestart) {
  Loop loop;
  const CertificateFolder folder;
  const ClientOptions trusts_first = trusting(folder);
  Server server(loop.executor(), options_for(folder), echo);
  ASSERT_TRUE(server.start());
  const Endpoint endpoint = server.endpoints().front();
  EXPECT_TRUE(loop.run(put(endpoint, trusts_first, "x")));
  folder.renew("half", false);  // the key does not fit yet
  EXPECT_TRUE(loop.run(put(endpoint, trusts_first, "x")));
  folder.renew("second");
  EXPECT_TRUE(loop.run(put(endpoint, trusting(folder), "x")));
  EXPECT_FALSE(loop.run(put(endpoint, trusts_first, "x")));
}

TEST(Tls, CountsWhatIsNoHandshake) {
  Loop loop;
  const CertificateFolder folder;
  ServerOptions options = options_for(folder);
  options.limits.tls_handshake = 50ms;
  Server server(loop.executor(), options, echo);
  ASSERT_TRUE(server.start());
  RawClient plain(server.endpoints().front().port);
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)plain.read();
  RawClient silent(server.endpoints().front().port);
  EXPECT_EQ(silent.read(), "");
  EXPECT_TRUE(silent.at_end);
  EXPECT_EQ(server.counters().tls_failed, 2u);
  EXPECT_EQ(server.counters().requests, 0u);
}

TEST(ServerCertificate, SaysWhichFileIsWrong) {
  const CertificateFolder folder;
  std::ofstream(folder.path() + "/private.key") << "nonsense";
  const auto loaded = ServerCertificate::load(folder.path());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::config);
  EXPECT_NE(loaded.error().context.find("private.key"), std::string::npos);
}

}  // namespace
}  // namespace cairn::http
