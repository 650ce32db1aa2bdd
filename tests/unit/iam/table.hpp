#pragma once
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cairn/iam/evaluate.hpp"

// The tables of this folder: JSON files of groups, each with policies and rows of a request and its verdict.
namespace cairn::iam {

using nlohmann::json;

inline json read_table(const std::string& name) {
  std::ifstream in(std::string(CAIRN_TEST_DIR) + "/unit/iam/" + name);
  EXPECT_TRUE(in) << name;
  return json::parse(in);
}

// A document, or the list of its statements.
inline std::string policy_text(const json& policy) {
  if (policy.is_object()) return policy.dump();
  return json{{"Version", "2012-10-17"}, {"Statement", policy}}.dump();
}

inline std::string resource_arn(const std::string& text) {
  return text.starts_with("arn:") ? text : "arn:aws:s3:::" + text;
}

inline void fill(Context& context, const json& values) {
  for (const auto& [key, value] : values.items()) {
    if (value.is_array()) {
      context.set(key, value.get<std::vector<std::string>>());
    } else {
      context.set(key, value.get<std::string>());
    }
  }
}

// "allow identity 0", "deny resource 2", "none", "none boundary", "allow root".
inline std::string short_verdict(const Verdict& v) {
  std::string out = v.decision == Decision::allow           ? "allow"
                    : v.decision == Decision::explicit_deny ? "deny"
                                                            : "none";
  const char* names[] = {"", " root", " identity", " boundary", " session", " resource"};
  out += names[static_cast<int>(v.source)];
  if (v.statement >= 0) out += " " + std::to_string(v.statement);
  return out;
}

}  // namespace cairn::iam
