#include "cairn/base/error.hpp"

namespace cairn {

std::string_view code_name(Code code) {
  switch (code) {
#define CAIRN_NAME(n) \
  case Code::n:       \
    return #n;
    CAIRN_NAME(internal)
    CAIRN_NAME(canceled)
    CAIRN_NAME(deadline)
    CAIRN_NAME(overloaded)
    CAIRN_NAME(io) CAIRN_NAME(corrupt) CAIRN_NAME(offline) CAIRN_NAME(drive_full) CAIRN_NAME(no_quorum)
        CAIRN_NAME(outcome_unknown) CAIRN_NAME(preempted) CAIRN_NAME(stale_stage) CAIRN_NAME(not_found)
            CAIRN_NAME(exists) CAIRN_NAME(unsupported) CAIRN_NAME(connection_closed) CAIRN_NAME(bad_http)
                CAIRN_NAME(config) CAIRN_NAME(permission)
#undef CAIRN_NAME
                    default : return "s3";  // s3wire names these
  }
}

}  // namespace cairn
