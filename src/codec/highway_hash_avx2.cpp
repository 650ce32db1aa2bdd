#define CAIRN_INTERLEAVE  // the four states of 256 bits fit the sixteen registers three times
#define CAIRN_TARGET(name) name##_avx2
#include "codec/highway_hash_target.inc"  // NOLINT(bugprone-suspicious-include)
