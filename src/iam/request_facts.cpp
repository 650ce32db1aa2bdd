#include "cairn/iam/request_facts.hpp"

#include "iam/text.hpp"

namespace cairn::iam {
namespace {

KeyValues one(std::string value) {
  std::vector<std::string> values;
  values.push_back(std::move(value));
  return values;
}
KeyValues unless_empty(std::string_view value) {
  return value.empty() ? std::nullopt : one(std::string(value));
}

// "2026-11-23T12:34:56Z": what policies are written with.
std::string seconds_of(UnixMillis t) { return iso8601_ms(t).substr(0, 19) + "Z"; }

KeyValues principal_key(std::string_view name, const Identity& who) {
  if (name.starts_with("principaltag/")) {
    const std::string_view key = name.substr(13);
    for (const Tag& t : who.tags)
      if (to_lower(t.key) == key) return one(t.value);
    return std::nullopt;
  }
  const Context c = principal_context(who.principal);
  const auto values = c.find("aws:" + std::string(name));
  if (values.empty()) return std::nullopt;
  return std::vector<std::string>(values.begin(), values.end());
}

}  // namespace

KeyValues global_key(std::string_view lower_key, const RequestFacts& facts, const Identity& who) {
  if (!lower_key.starts_with("aws:")) return std::nullopt;
  const std::string_view name = lower_key.substr(4);
  if (name == "sourceip") return unless_empty(facts.source_ip);
  if (name == "securetransport") return one(facts.secure ? "true" : "false");
  if (name == "useragent") return unless_empty(facts.user_agent);
  if (name == "referer") return unless_empty(facts.referer);
  if (name == "currenttime") return one(seconds_of(facts.now));
  if (name == "epochtime") return one(std::to_string(facts.now / 1'000));
  if (name == "requestedregion") return unless_empty(facts.region);
  if (name == "resourceaccount") return one(std::string(kAccount));
  if (name == "tokenissuetime") return who.temporary() ? one(seconds_of(who.issued)) : std::nullopt;
  if (name == "multifactorauthpresent") return who.temporary() ? one("false") : std::nullopt;
  if (name == "principalisawsservice" || name == "viaawsservice") return one("false");
  return principal_key(name, who);
}

}  // namespace cairn::iam
