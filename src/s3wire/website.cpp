#include "cairn/s3wire/website.hpp"

#include <algorithm>

#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/uri.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::uint16_t kMovedPermanently = 301;
constexpr int kFound = 302;
constexpr std::size_t kMaxRedirectLocation = 2048;

// Text of a configuration as part of a URL. What has a meaning there keeps it, such as the "#!/" that sites
// route by; what may not stand there is encoded.
void append_url_text(std::string& out, std::string_view text) {
  static constexpr std::string_view kNever = "\"<>\\^`{|}";
  for (const char& c : text) {
    const bool plain = c > 0x20 && c < 0x7f && kNever.find(c) == std::string_view::npos;
    plain ? out.append(1, c) : (append_uri_encoded(out, {&c, 1}, Slash::keep), out);
  }
}

void append_query(std::string& out, std::string_view raw_query) {
  if (raw_query.empty()) return;
  out.append(out.find('?') == std::string::npos ? "?" : "&").append(raw_query);
}

std::string origin(std::string_view protocol, std::string_view host, const WebsiteRequest& request) {
  std::string out(protocol.empty() ? request.scheme : protocol);
  return out.append("://").append(host.empty() ? request.host : host);
}

WebsiteStep redirect_step(std::string location, int status) {
  return {WebsiteStep::Kind::redirect, {}, std::move(location), status};
}

WebsiteStep follow(const RoutingRule& rule, const WebsiteRequest& request) {
  const RoutingRedirect& r = rule.redirect;
  std::string location = origin(r.protocol, r.host_name, request) + "/";
  if (r.replace_key) {
    append_url_text(location, *r.replace_key);
  } else if (r.replace_key_prefix) {
    const std::size_t prefix =
        rule.condition && rule.condition->key_prefix ? rule.condition->key_prefix->size() : 0;
    append_url_text(location, *r.replace_key_prefix);
    append_uri_encoded(location, request.key.substr(prefix), Slash::keep);
  } else {
    append_uri_encoded(location, request.key, Slash::keep);
  }
  append_query(location, request.raw_query);
  return redirect_step(std::move(location), r.code.value_or(kMovedPermanently));
}

// The first rule for this key, and for this error or for none.
const RoutingRule* find_rule(const WebsiteConfiguration& config, std::string_view key,
                             std::optional<int> status) {
  const auto applies = [&](const RoutingRule& rule) {
    if (!rule.condition) return !status;
    const RoutingCondition& c = *rule.condition;
    if (c.key_prefix && !key.starts_with(*c.key_prefix)) return false;
    return c.error_code ? status == *c.error_code : !status;
  };
  const auto rule = std::ranges::find_if(config.rules, applies);
  return rule == config.rules.end() ? nullptr : &*rule;
}

bool is_folder(std::string_view key) { return key.empty() || key.ends_with('/'); }

std::string_view reason(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 412:
      return "Precondition Failed";
    case 416:
      return "Requested Range Not Satisfiable";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

void append_item(std::string& out, std::string_view name, std::string_view value) {
  out.append("<li>").append(name).append(": ");
  append_xml_escaped(out, value);
  out.append("</li>\n");
}

void append_items(std::string& out, const WebsiteError& error) {
  append_item(out, "Code", error.code);
  append_item(out, "Message", error.message);
  for (const auto& [name, value] : error.fields) append_item(out, name, value);
}

}  // namespace

WebsiteStep website_step(const WebsiteConfiguration& config, const WebsiteRequest& request) {
  if (config.redirect_all) {
    std::string location = origin(config.redirect_all->protocol, config.redirect_all->host_name, request);
    location.append(request.raw_path);
    append_query(location, request.raw_query);
    return redirect_step(std::move(location), kMovedPermanently);
  }
  if (const RoutingRule* rule = find_rule(config, request.key, std::nullopt)) return follow(*rule, request);
  std::string key(request.key);
  if (is_folder(key)) key += config.index_suffix;
  return {WebsiteStep::Kind::serve, std::move(key), {}, 200};
}

std::string folder_index(const WebsiteConfiguration& config, const WebsiteRequest& request) {
  if (is_folder(request.key)) return {};
  return std::string(request.key) + "/" + config.index_suffix;
}

WebsiteStep website_step_after(const WebsiteConfiguration& config, const WebsiteRequest& request, int status,
                               bool folder_exists) {
  if (folder_exists && status == 404 && !is_folder(request.key)) {
    // A path that begins with two slashes would be read as a host.
    std::string location = "/";
    append_uri_encoded(location, request.key, Slash::keep);
    if (location.starts_with("//")) location = origin({}, {}, request) + location;
    location += '/';
    return redirect_step(std::move(location), kFound);
  }
  if (const RoutingRule* rule = find_rule(config, request.key, status)) return follow(*rule, request);
  if (config.error_key && status >= 400 && status < 500)
    return {WebsiteStep::Kind::error_document, *config.error_key, {}, status};
  return {WebsiteStep::Kind::error, {}, {}, status};
}

Status check_redirect_location(std::string_view location) {
  const bool known = location.starts_with('/') || starts_with_nocase(location, "http://") ||
                     starts_with_nocase(location, "https://");
  const bool printable = std::ranges::all_of(location, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!known || !printable) return fail(Code::invalid_redirect_location);
  if (location.size() > kMaxRedirectLocation)
    return fail(Code::invalid_redirect_location,
                "The length of website redirect location cannot exceed 2,048 characters.");
  return {};
}

std::string render_website_error(const WebsiteError& error, std::string_view request_id,
                                 std::string_view host_id, const WebsiteError* document_error) {
  const std::string title = std::to_string(error.status) + " " + std::string(reason(error.status));
  std::string out =
      "<html>\n<head><title>" + title + "</title></head>\n<body>\n<h1>" + title + "</h1>\n<ul>\n";
  append_items(out, error);
  append_item(out, "RequestId", request_id);
  append_item(out, "HostId", host_id);
  out += "</ul>\n";
  if (document_error) {
    out += "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n";
    append_items(out, *document_error);
    out += "</ul>\n";
  }
  return out + "<hr/>\n</body>\n</html>\n";
}

}  // namespace cairn::s3wire
