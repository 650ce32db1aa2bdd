#pragma once

namespace cairn::s3wire {

// Whether a tag may hold this code point: Unicode's categories L, N and Z, and _ . : / = + - @.
bool valid_tag_character(char32_t c);

}  // namespace cairn::s3wire
