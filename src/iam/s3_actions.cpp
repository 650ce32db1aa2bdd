#include "cairn/iam/s3_actions.hpp"

#include <algorithm>
#include <array>

#include "iam/text.hpp"

namespace cairn::iam {
namespace {

// Groups of condition keys that come together.
enum Keys : std::uint32_t {
  kAcl = 1U << 0U,
  kExistingTag = 1U << 1U,
  kRequestTag = 1U << 2U,
  kVersion = 1U << 3U,
  kListing = 1U << 4U,
  kIfMatch = 1U << 5U,
  kIfNoneMatch = 1U << 6U,
  kCreation = 1U << 7U,
  kLockMode = 1U << 8U,
  kLegalHold = 1U << 9U,
  kCopy = 1U << 10U,
  kKms = 1U << 11U,
  kCustomerKey = 1U << 12U,
  kStorageClass = 1U << 13U,
  kRedirect = 1U << 14U,
  kNewBucket = 1U << 15U,
  kAccessGrant = 1U << 16U,
  kInventory = 1U << 17U,
  kReplication = 1U << 18U,
  kReplicationPause = 1U << 19U,
  kJob = 1U << 20U,
  kEvery = 1U << 31U,  // every action takes it
};

struct KeyName {
  std::string_view name;  // in lower case; one that ends in '/' has a tag's key behind it
  std::uint32_t group;
};

constexpr auto kKeyNames = std::to_array<KeyName>({
    {"s3:authtype", kEvery},
    {"s3:resourceaccount", kEvery},
    {"s3:signatureage", kEvery},
    {"s3:signatureversion", kEvery},
    {"s3:tlsversion", kEvery},
    {"s3:x-amz-content-sha256", kEvery},
    {"s3:buckettag/", kEvery},
    {"s3:accesspointtag/", kEvery},
    {"s3:accesspointnetworkorigin", kEvery},
    {"s3:dataaccesspointaccount", kEvery},
    {"s3:dataaccesspointarn", kEvery},
    {"s3:x-amz-acl", kAcl},
    {"s3:x-amz-grant-full-control", kAcl},
    {"s3:x-amz-grant-read", kAcl},
    {"s3:x-amz-grant-read-acp", kAcl},
    {"s3:x-amz-grant-write", kAcl},
    {"s3:x-amz-grant-write-acp", kAcl},
    {"s3:existingobjecttag/", kExistingTag},
    {"s3:requestobjecttag/", kRequestTag},
    {"s3:requestobjecttagkeys", kRequestTag},
    {"s3:versionid", kVersion},
    {"s3:prefix", kListing},
    {"s3:delimiter", kListing},
    {"s3:max-keys", kListing},
    {"s3:if-match", kIfMatch},
    {"s3:if-none-match", kIfNoneMatch},
    {"s3:objectcreationoperation", kCreation},
    {"s3:object-lock-mode", kLockMode},
    {"s3:object-lock-remaining-retention-days", kLockMode},
    {"s3:object-lock-retain-until-date", kLockMode},
    {"s3:object-lock-legal-hold", kLegalHold},
    {"s3:x-amz-copy-source", kCopy},
    {"s3:x-amz-metadata-directive", kCopy},
    {"s3:x-amz-server-side-encryption", kKms},
    {"s3:x-amz-server-side-encryption-aws-kms-key-id", kKms},
    {"s3:x-amz-server-side-encryption-customer-algorithm", kCustomerKey},
    {"s3:x-amz-storage-class", kStorageClass},
    {"s3:x-amz-website-redirect-location", kRedirect},
    {"s3:locationconstraint", kNewBucket},
    {"s3:x-amz-object-ownership", kNewBucket},
    {"s3:x-amz-bucket-namespace", kNewBucket},
    {"s3:accessgrantsinstancearn", kAccessGrant},
    {"s3:inventoryaccessibleoptionalfields", kInventory},
    {"s3:destinationregion", kReplication},
    {"s3:isreplicationpauserequest", kReplicationPause},
    {"s3:requestjoboperation", kJob},
    {"s3:requestjobpriority", kJob},
});

constexpr auto kActions = std::to_array<S3Action>({
    {"AbortMultipartUpload", ResourceType::object, kAccessGrant},
    {"BypassGovernanceRetention", ResourceType::object,
     kAcl | kRequestTag | kCopy | kKms | kCustomerKey | kStorageClass | kRedirect},
    {"CreateBucket", ResourceType::bucket, kAcl | kNewBucket},
    {"CreateBucketMetadataTableConfiguration", ResourceType::bucket, 0},
    {"CreateJob", ResourceType::none, kJob},
    {"CreateStorageLensGroup", ResourceType::none, 0},
    {"DeleteBucket", ResourceType::bucket, 0},
    {"DeleteBucketMetadataTableConfiguration", ResourceType::bucket, 0},
    {"DeleteBucketPolicy", ResourceType::bucket, 0},
    {"DeleteBucketWebsite", ResourceType::bucket, 0},
    {"DeleteObject", ResourceType::object, kIfMatch | kAccessGrant},
    {"DeleteObjectAnnotation", ResourceType::object, 0},
    {"DeleteObjectTagging", ResourceType::object, kExistingTag},
    {"DeleteObjectVersion", ResourceType::object, kVersion | kAccessGrant},
    {"DeleteObjectVersionTagging", ResourceType::object, kExistingTag | kVersion},
    {"GetAccelerateConfiguration", ResourceType::bucket, 0},
    {"GetAccessPoint", ResourceType::none, 0},
    {"GetAccountPublicAccessBlock", ResourceType::none, 0},
    {"GetAnalyticsConfiguration", ResourceType::bucket, 0},
    {"GetBucketAbac", ResourceType::bucket, 0},
    {"GetBucketAcl", ResourceType::bucket, 0},
    {"GetBucketCORS", ResourceType::bucket, 0},
    {"GetBucketLocation", ResourceType::bucket, 0},
    {"GetBucketLogging", ResourceType::bucket, 0},
    {"GetBucketMetadataTableConfiguration", ResourceType::bucket, 0},
    {"GetBucketNotification", ResourceType::bucket, 0},
    {"GetBucketObjectLockConfiguration", ResourceType::bucket, 0},
    {"GetBucketOwnershipControls", ResourceType::bucket, 0},
    {"GetBucketPolicy", ResourceType::bucket, 0},
    {"GetBucketPolicyStatus", ResourceType::bucket, 0},
    {"GetBucketPublicAccessBlock", ResourceType::bucket, 0},
    {"GetBucketRequestPayment", ResourceType::bucket, 0},
    {"GetBucketTagging", ResourceType::bucket, 0},
    {"GetBucketVersioning", ResourceType::bucket, 0},
    {"GetBucketWebsite", ResourceType::bucket, 0},
    {"GetEncryptionConfiguration", ResourceType::bucket, 0},
    {"GetIntelligentTieringConfiguration", ResourceType::bucket, 0},
    {"GetInventoryConfiguration", ResourceType::bucket, 0},
    {"GetLifecycleConfiguration", ResourceType::bucket, 0},
    {"GetMetricsConfiguration", ResourceType::bucket, 0},
    {"GetObject", ResourceType::object, kExistingTag | kAccessGrant},
    {"GetObjectAcl", ResourceType::object, kExistingTag | kAccessGrant},
    {"GetObjectAnnotation", ResourceType::object, 0},
    {"GetObjectAttributes", ResourceType::object, kExistingTag},
    {"GetObjectLegalHold", ResourceType::object, 0},
    {"GetObjectRetention", ResourceType::object, 0},
    {"GetObjectTagging", ResourceType::object, kExistingTag},
    {"GetObjectTorrent", ResourceType::object, 0},
    {"GetObjectVersion", ResourceType::object, kExistingTag | kVersion | kAccessGrant},
    {"GetObjectVersionAcl", ResourceType::object, kExistingTag | kVersion | kAccessGrant},
    {"GetObjectVersionAttributes", ResourceType::object, kExistingTag | kVersion},
    {"GetObjectVersionForReplication", ResourceType::object, 0},
    {"GetObjectVersionTagging", ResourceType::object, kExistingTag | kVersion},
    {"GetObjectVersionTorrent", ResourceType::object, kVersion},
    {"GetReplicationConfiguration", ResourceType::bucket, 0},
    {"InitiateReplication", ResourceType::object, 0},
    {"ListAccessGrantsInstances", ResourceType::none, 0},
    {"ListAccessPoints", ResourceType::none, 0},
    {"ListAccessPointsForObjectLambda", ResourceType::none, 0},
    {"ListAllMyBuckets", ResourceType::none, 0},
    {"ListBucket", ResourceType::bucket, kListing | kAccessGrant},
    {"ListBucketMultipartUploads", ResourceType::bucket, kAccessGrant},
    {"ListBucketVersions", ResourceType::bucket, kListing | kAccessGrant},
    {"ListJobs", ResourceType::none, 0},
    {"ListMultiRegionAccessPoints", ResourceType::none, 0},
    {"ListMultipartUploadParts", ResourceType::object, kAccessGrant},
    {"ListObjectAnnotations", ResourceType::object, 0},
    {"ListStorageLensConfigurations", ResourceType::none, 0},
    {"ListStorageLensGroups", ResourceType::none, 0},
    {"ListTagsForResource", ResourceType::bucket, 0},
    {"ObjectOwnerOverrideToBucketOwner", ResourceType::object, 0},
    {"PauseReplication", ResourceType::bucket, kReplication},
    {"PutAccelerateConfiguration", ResourceType::bucket, 0},
    {"PutAccessPointPublicAccessBlock", ResourceType::none, 0},
    {"PutAccountPublicAccessBlock", ResourceType::none, 0},
    {"PutAnalyticsConfiguration", ResourceType::bucket, 0},
    {"PutBucketAbac", ResourceType::bucket, 0},
    {"PutBucketAcl", ResourceType::bucket, kAcl},
    {"PutBucketCORS", ResourceType::bucket, 0},
    {"PutBucketLogging", ResourceType::bucket, 0},
    {"PutBucketNotification", ResourceType::bucket, 0},
    {"PutBucketObjectLockConfiguration", ResourceType::bucket, 0},
    {"PutBucketOwnershipControls", ResourceType::bucket, 0},
    {"PutBucketPolicy", ResourceType::bucket, 0},
    {"PutBucketPublicAccessBlock", ResourceType::bucket, 0},
    {"PutBucketRequestPayment", ResourceType::bucket, 0},
    {"PutBucketTagging", ResourceType::bucket, 0},
    {"PutBucketVersioning", ResourceType::bucket, 0},
    {"PutBucketWebsite", ResourceType::bucket, 0},
    {"PutEncryptionConfiguration", ResourceType::bucket, 0},
    {"PutIntelligentTieringConfiguration", ResourceType::bucket, 0},
    {"PutInventoryConfiguration", ResourceType::bucket, kInventory},
    {"PutLifecycleConfiguration", ResourceType::bucket, 0},
    {"PutMetricsConfiguration", ResourceType::bucket, 0},
    {"PutObject", ResourceType::object,
     kAcl | kRequestTag | kIfMatch | kIfNoneMatch | kCreation | kLockMode | kLegalHold | kCopy | kKms |
         kCustomerKey | kStorageClass | kRedirect | kAccessGrant},
    {"PutObjectAcl", ResourceType::object, kAcl | kExistingTag | kStorageClass | kAccessGrant},
    {"PutObjectAnnotation", ResourceType::object, 0},
    {"PutObjectLegalHold", ResourceType::object, kLegalHold},
    {"PutObjectRetention", ResourceType::object, kLockMode},
    {"PutObjectTagging", ResourceType::object, kExistingTag | kRequestTag},
    {"PutObjectVersionAcl", ResourceType::object,
     kAcl | kExistingTag | kVersion | kStorageClass | kAccessGrant},
    {"PutObjectVersionTagging", ResourceType::object, kExistingTag | kRequestTag | kVersion},
    {"PutReplicationConfiguration", ResourceType::bucket, kReplicationPause},
    {"PutStorageLensConfiguration", ResourceType::none, 0},
    {"ReplicateDelete", ResourceType::object, 0},
    {"ReplicateObject", ResourceType::object, kKms | kCustomerKey},
    {"ReplicateTags", ResourceType::object, 0},
    {"RestoreObject", ResourceType::object, 0},
    {"TagResource", ResourceType::bucket, 0},
    {"UntagResource", ResourceType::bucket, 0},
    {"UpdateBucketMetadataAnnotationTableConfiguration", ResourceType::bucket, 0},
    {"UpdateBucketMetadataInventoryTableConfiguration", ResourceType::bucket, 0},
    {"UpdateBucketMetadataJournalTableConfiguration", ResourceType::bucket, 0},
    {"UpdateObjectEncryption", ResourceType::object, kKms},
});

// The group of a key; 0: S3 has no such key.
std::uint32_t group_of(std::string_view key) {
  for (const KeyName& k : kKeyNames)
    if (k.name.ends_with('/') ? key.starts_with(k.name) && key.size() > k.name.size() : key == k.name)
      return k.group;
  return 0;
}

}  // namespace

std::span<const S3Action> s3_actions() { return kActions; }

const S3Action* find_s3_action(std::string_view action) {
  const std::string wanted = to_lower(action);
  if (!wanted.starts_with("s3:")) return nullptr;
  const auto same = [&](const S3Action& a) { return to_lower(a.name) == wanted.substr(3); };
  const auto at = std::ranges::find_if(kActions, same);
  return at == kActions.end() ? nullptr : &*at;
}

bool is_s3_condition_key(std::string_view lower_key) { return group_of(lower_key) != 0; }

bool takes_condition_key(const S3Action& action, std::string_view lower_key) {
  if (!lower_key.starts_with("s3:")) return true;
  return ((action.keys | kEvery) & group_of(lower_key)) != 0;
}

}  // namespace cairn::iam
