#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace cairn::iam {

// What an action is about. Actions on access points, jobs and the like are not in the table.
enum class ResourceType : std::uint8_t {
  none,    // the account: policies say "*"
  bucket,  // arn:aws:s3:::bucket
  object,  // arn:aws:s3:::bucket/key
};

struct S3Action {
  std::string_view name;  // without "s3:"
  ResourceType resource = ResourceType::none;
  std::uint32_t keys = 0;  // groups of condition keys; ask takes_condition_key()
};

// All actions on buckets and objects, sorted by name: "Actions, resources, and condition keys for Amazon S3"
// in the Service Authorization Reference.
std::span<const S3Action> s3_actions();

// By "s3:GetObject" in any case; nullptr where there is none.
const S3Action* find_s3_action(std::string_view action);

// Whether S3 has this condition key ("s3:prefix", in lower case) at all, and whether requests for an action
// may carry it. Keys of other services than s3 are taken for every action.
bool is_s3_condition_key(std::string_view lower_key);
bool takes_condition_key(const S3Action& action, std::string_view lower_key);

}  // namespace cairn::iam
