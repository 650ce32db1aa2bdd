#define CAIRN_TARGET(name) name##_sse41
#include "codec/highway_hash_target.inc"  // NOLINT(bugprone-suspicious-include)
