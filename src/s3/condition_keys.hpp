#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cairn/iam/request_facts.hpp"
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

// What a request is about, for its condition keys.
struct AccessTarget {
  s3wire::Operation operation{};
  std::string_view version_id;                // empty: none named
  const store::ObjectInfo* object = nullptr;  // for s3:ExistingObjectTag
  const std::string* prefix = nullptr;        // for s3:prefix, where the request is not the listing itself
};

iam::RequestFacts facts_of(const Context& c);

// A condition key's values, made only because a policy asks for it: the global keys and those of "Actions,
// resources, and condition keys for Amazon S3". Keys whose value stands in a request's body are absent.
iam::KeyValues condition_key(const Context& c, const AccessTarget& target, std::string_view lower_key);

// All that the policies in question ask for.
iam::Context condition_context(const Context& c, const AccessTarget& target,
                               const std::vector<std::string>& of_identity,
                               const std::vector<std::string>& of_bucket);

}  // namespace cairn::s3
