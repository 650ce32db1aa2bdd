#pragma once
#include <string>
#include <utility>
#include <vector>

#include "cairn/s3wire/request_view.hpp"

// A request that owns its text, for tests.
namespace cairn::s3wire::test {

struct Request {
  std::string method = "GET";
  std::string path = "/";
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;

  HttpRequestView view() const {
    fields.clear();
    for (const auto& [name, value] : headers) fields.push_back({name, value});
    return {method, path, query, fields};
  }
  void set(const std::string& name, std::string value) {
    for (auto& h : headers)
      if (iequals(h.first, name)) {
        h.second = std::move(value);
        return;
      }
    headers.emplace_back(name, std::move(value));
  }
  void remove(const std::string& name) {
    std::erase_if(headers, [&](const auto& h) { return iequals(h.first, name); });
  }

  mutable std::vector<HeaderField> fields;  // what view() lends
};

inline constexpr const char* kAccessKey = "AKIAIOSFODNN7EXAMPLE";
inline constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

}  // namespace cairn::s3wire::test
