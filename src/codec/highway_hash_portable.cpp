#define CAIRN_TARGET(name) name##_portable
#include "codec/highway_hash_target.inc"  // NOLINT(bugprone-suspicious-include)
