#pragma once
#include "s3/context.hpp"
#include "s3/read_plan.hpp"

namespace cairn::s3 {

// Reads what a GET or HEAD of an object asks for. invalid_request, invalid_argument.
Result<ReadRequest> read_request(const Context& c);
// Adds to an invalid_range what S3 says of the object's size, in the document and as Content-Range.
Result<ReadPlan> explain(Context& c, Result<ReadPlan> plan, const store::ObjectInfo& info);
// Status and fields of the answer, the response-... overrides included.
void write_read_head(Context& c, const ReadPlan& plan, const store::ObjectInfo& info);
// The bytes of the answer, behind a head that was written.
Task<void> send_object(Context& c, store::ObjectReader& reader, const ReadPlan& plan);

}  // namespace cairn::s3
