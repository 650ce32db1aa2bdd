#include <algorithm>

#include "cairn/s3wire/route.hpp"
#include "cairn/s3wire/website.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/xml_parse.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kRoot = "WebsiteConfiguration";

std::unexpected<Error> bad_argument(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}
std::unexpected<Error> bad_request(std::string message) {
  return fail(Code::invalid_request, std::move(message));
}

// Goes into the head of answers.
Result<std::string> leaf_host(pugi::xml_node element) {
  TRY(std::string text, leaf(element));
  const bool good = !text.empty() && text.size() <= 255 &&
                    std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
  if (!good) return bad_request("The HostName is not valid.");
  return text;
}

Result<std::string> leaf_protocol(pugi::xml_node element) {
  TRY(std::string text, leaf(element));
  if (text != "http" && text != "https")
    return bad_request(
        "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
        "automatically.");
  return text;
}

Result<std::uint16_t> leaf_code(pugi::xml_node element, bool redirect) {
  TRY(const std::string text, leaf(element));
  const auto code = parse_decimal(trim(text));
  const bool good = code && (redirect ? *code > 300 && *code < 400 : *code >= 400 && *code < 600);
  if (!good)
    return bad_request("The provided HTTP " + std::string(redirect ? "redirect" : "error") + " code (" +
                       text + ") is not valid. Valid codes are " +
                       (redirect ? "3XX except 300." : "4XX or 5XX."));
  return static_cast<std::uint16_t>(*code);
}

// A key or its prefix; empty ones may be meant.
Result<std::string> leaf_key(pugi::xml_node element) {
  TRY(std::string text, leaf(element));
  if (!text.empty()) TRY(valid_key(text));
  return text;
}

Result<RedirectAll> parse_redirect_all(pugi::xml_node element) {
  RedirectAll out;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    if (name == "HostName" && out.host_name.empty()) {
      TRY(out.host_name, leaf_host(n));
    } else if (name == "Protocol" && out.protocol.empty()) {
      TRY(out.protocol, leaf_protocol(n));
    } else {
      return malformed_xml();
    }
  }
  if (out.host_name.empty()) return malformed_xml();
  return out;
}

Result<RoutingCondition> parse_condition(pugi::xml_node element) {
  RoutingCondition out;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    if (name == "KeyPrefixEquals" && !out.key_prefix) {
      TRY(out.key_prefix, leaf_key(n));
    } else if (name == "HttpErrorCodeReturnedEquals" && !out.error_code) {
      TRY(out.error_code, leaf_code(n, false));
    } else {
      return malformed_xml();
    }
  }
  if (!out.key_prefix && !out.error_code)
    return bad_request(
        "Condition cannot be empty. To redirect all requests without a condition, the condition element "
        "shouldn't "
        "be present.");
  return out;
}

Result<RoutingRedirect> parse_redirect(pugi::xml_node element) {
  RoutingRedirect out;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    if (name == "Protocol" && out.protocol.empty()) {
      TRY(out.protocol, leaf_protocol(n));
    } else if (name == "HostName" && out.host_name.empty()) {
      TRY(out.host_name, leaf_host(n));
    } else if (name == "ReplaceKeyPrefixWith" && !out.replace_key_prefix) {
      TRY(out.replace_key_prefix, leaf_key(n));
    } else if (name == "ReplaceKeyWith" && !out.replace_key) {
      TRY(out.replace_key, leaf_key(n));
    } else if (name == "HttpRedirectCode" && !out.code) {
      TRY(out.code, leaf_code(n, true));
    } else {
      return malformed_xml();
    }
  }
  if (!element.first_child()) return malformed_xml();
  if (out.replace_key && out.replace_key_prefix)
    return bad_request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  return out;
}

Result<RoutingRule> parse_rule(pugi::xml_node element) {
  RoutingRule out;
  bool has_redirect = false;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    if (name == "Condition" && !out.condition) {
      TRY(out.condition, parse_condition(n));
    } else if (name == "Redirect" && !has_redirect) {
      TRY(out.redirect, parse_redirect(n));
      has_redirect = true;
    } else {
      return malformed_xml();
    }
  }
  if (!has_redirect) return malformed_xml();
  return out;
}

Result<std::vector<RoutingRule>> parse_rules(pugi::xml_node element) {
  std::vector<RoutingRule> out;
  for (const pugi::xml_node n : element.children()) {
    if (std::string_view(n.name()) != "RoutingRule") return malformed_xml();
    if (out.size() == kMaxRoutingRules)
      return bad_request("The number of routing rules in a website configuration is limited to 50.");
    TRY(auto rule, parse_rule(n));
    out.push_back(std::move(rule));
  }
  if (out.empty()) return malformed_xml();
  return out;
}

// The one child of IndexDocument and of ErrorDocument; nullopt if there is none.
Result<std::optional<std::string>> only_child(pugi::xml_node element, std::string_view name) {
  std::optional<std::string> out;
  for (const pugi::xml_node n : element.children()) {
    if (n.name() != name || out) return malformed_xml();
    TRY(out, leaf(n));
  }
  return out;
}

// After all has been read: Amazon tells of what excludes each other first.
Status check_index(const std::optional<std::string>& suffix) {
  if (!suffix)
    return bad_argument(
        "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty");
  if (suffix->empty() || suffix->find('/') != std::string::npos || !valid_key(*suffix))
    return bad_argument("The IndexDocument Suffix is not well formed");
  return {};
}

Status take_error_document(WebsiteConfiguration& config, pugi::xml_node element) {
  TRY(config.error_key, only_child(element, "Key"));
  if (!config.error_key) return malformed_xml();
  if (!valid_key(*config.error_key)) return bad_argument("The ErrorDocument Key is not well formed");
  return {};
}

void render_rule(XmlWriter& xml, const RoutingRule& rule) {
  xml.open("RoutingRule");
  if (rule.condition) {
    xml.open("Condition");
    if (rule.condition->key_prefix) xml.text("KeyPrefixEquals", *rule.condition->key_prefix);
    if (rule.condition->error_code) xml.number("HttpErrorCodeReturnedEquals", *rule.condition->error_code);
    xml.close("Condition");
  }
  const RoutingRedirect& r = rule.redirect;
  xml.open("Redirect").optional("Protocol", r.protocol).optional("HostName", r.host_name);
  if (r.replace_key_prefix) xml.text("ReplaceKeyPrefixWith", *r.replace_key_prefix);
  if (r.replace_key) xml.text("ReplaceKeyWith", *r.replace_key);
  if (r.code) xml.number("HttpRedirectCode", *r.code);
  xml.close("Redirect").close("RoutingRule");
}

}  // namespace

Result<WebsiteConfiguration> parse_website(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxWebsiteBody));
  TRY(const pugi::xml_node root, doc.root(kRoot));
  WebsiteConfiguration config;
  std::optional<std::string> suffix;
  std::size_t parts = 0;
  for (const pugi::xml_node n : root.children()) {
    const std::string_view name = n.name();
    ++parts;
    if (name == "RedirectAllRequestsTo" && !config.redirect_all) {
      TRY(config.redirect_all, parse_redirect_all(n));
    } else if (name == "IndexDocument" && !suffix) {
      TRY(suffix, only_child(n, "Suffix"));
      if (!suffix) return malformed_xml();
    } else if (name == "ErrorDocument" && !config.error_key) {
      TRY(take_error_document(config, n));
    } else if (name == "RoutingRules" && config.rules.empty()) {
      TRY(config.rules, parse_rules(n));
    } else {
      return malformed_xml();
    }
  }
  if (config.redirect_all && parts > 1)
    return bad_argument("RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.");
  if (config.redirect_all) return config;
  TRY(check_index(suffix));
  config.index_suffix = std::move(*suffix);
  return config;
}

std::string WebsiteConfiguration::render() const {
  XmlWriter xml(kRoot);
  if (redirect_all) {
    xml.open("RedirectAllRequestsTo").text("HostName", redirect_all->host_name);
    xml.optional("Protocol", redirect_all->protocol).close("RedirectAllRequestsTo");
  }
  if (!index_suffix.empty()) xml.open("IndexDocument").text("Suffix", index_suffix).close("IndexDocument");
  if (error_key) xml.open("ErrorDocument").text("Key", *error_key).close("ErrorDocument");
  if (!rules.empty()) {
    xml.open("RoutingRules");
    for (const RoutingRule& r : rules) render_rule(xml, r);
    xml.close("RoutingRules");
  }
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
