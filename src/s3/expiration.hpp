#pragma once
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

// x-amz-expiration: when and by which lifecycle rule of its bucket a newest version will go, if any will.
void write_expiration_field(Context& c, const store::ObjectInfo& info);

}  // namespace cairn::s3
