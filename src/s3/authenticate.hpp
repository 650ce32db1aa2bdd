#pragma once
#include "cairn/s3wire/sigv4.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

// Finds out who signed a request and checks the signature; sets identity, owner, claim and the signer of an
// aws-chunked body. Who does not sign is anonymous, and no error. What S3 says of a refusal beside its code
// goes to c.error_fields.
Status authenticate(Context& c, const s3wire::AuthConfig& config, s3wire::SigningKeyCache& keys);

// A refusal as the Error to answer; what it says beside its code goes to c.error_fields.
Status refuse(Context& c, s3wire::Refusal refusal);
// The identity that c.claim, which is not anonymous, names; its signature is not checked yet.
Result<iam::IdentityPtr> find_claimant(Context& c);

// x-amz-expected-bucket-owner and its twin for the source of a copy: the owner's canonical id or name, or the
// account.
Task<void> check_expected_owner(Context& c);

}  // namespace cairn::s3
