#include "server/credentials.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cairn/base/ids.hpp"

namespace cairn::server {
namespace {
constexpr std::size_t kMinUser = 3, kMinPassword = 8, kMax = 128;

// Passwords that stand in manuals, and so in every attacker's list.
constexpr std::array<std::string_view, 11> kWellKnown{
    "minioadmin", "rustfsadmin", "cairnadmin", "password", "password1",    "changeme",
    "12345678",   "secretkey",   "adminadmin", "rootroot", "miniopassword"};

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Status check(const Settings& s, bool loopback) {
  if (s.root_user.size() < kMinUser || s.root_user.size() > kMax || !printable(s.root_user) ||
      s.root_user.find_first_of(" /=,") != std::string::npos)
    return fail(Code::config,
                "CAIRN_ROOT_USER needs 3 to 128 printable characters, none of them a blank, / , or =");
  if (s.root_password.size() < kMinPassword || s.root_password.size() > kMax || !printable(s.root_password))
    return fail(Code::config, "CAIRN_ROOT_PASSWORD needs 8 to 128 printable characters");
  const bool weak = s.root_password == s.root_user ||
                    std::find(kWellKnown.begin(), kWellKnown.end(), s.root_password) != kWellKnown.end();
  if (weak && !loopback)
    return fail(
        Code::config,
        "CAIRN_ROOT_PASSWORD is a well-known one: on an address that others can reach choose another");
  return {};
}

std::string random_text(std::size_t bytes) {
  std::string raw(bytes, '\0');
  random_bytes(raw.data(), raw.size());
  return to_hex(as_bytes(raw));
}
}  // namespace

Result<Identity> decide_identity(const Settings& settings) {
  Identity out;
  out.generated = settings.root_user.empty() && settings.root_password.empty();
  TRY(out.listen, http::Endpoint::parse(!settings.address.empty() ? settings.address
                                        : out.generated           ? "127.0.0.1:9000"
                                                                  : ":9000"));
  const bool loopback = is_loopback_host(out.listen.host);
  if (!out.generated) {
    TRY(check(settings, loopback));
    out.root = {settings.root_user, settings.root_password};
    return out;
  }
  if (!loopback)
    return fail(Code::config,
                "no credentials: set CAIRN_ROOT_USER and CAIRN_ROOT_PASSWORD, or --credentials-file; without "
                "them the "
                "server listens on a loopback address only");
  out.root = {"cairn" + random_text(4), random_text(20)};
  return out;
}

}  // namespace cairn::server
