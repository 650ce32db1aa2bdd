#include "s3/handlers/handlers.hpp"

namespace cairn::s3 {

// No bucket has a CORS configuration yet, so every preflight is refused as Amazon refuses it.
Task<void> options_preflight(Context&) {
  co_return fail(Code::access_forbidden, "CORSResponse: CORS is not enabled for this bucket.");
}

}  // namespace cairn::s3
