#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "cairn/base/result.hpp"
#include "cairn/http/fields.hpp"

namespace cairn::http {

// Finds the end of a message head in bytes that arrive in pieces, under limits, and refuses what must not
// even be parsed: bare LF, folded lines (RFC 9112 section 5.2). Give it the head's bytes from their beginning
// each time; it goes on where it stopped.
class HeadScanner {
 public:
  struct Limits {
    std::size_t start_line;
    std::size_t header_section;
    std::size_t fields;
  };
  explicit HeadScanner(Limits limits) : limits_(limits) {}
  void reset() { *this = HeadScanner(limits_); }
  bool at_start() const { return scanned_ == 0; }
  // The head's length with its empty line, or 0 when more is needed. invalid_uri when the start line is too
  // long, request_header_section_too_large, bad_http.
  Result<std::size_t> scan(std::string_view text);

 private:
  Limits limits_;
  std::size_t scanned_ = 0;     // up to here there is no unseen LF
  std::size_t line_start_ = 0;  // of the line not yet complete
  std::size_t start_line_end_ = 0;
  std::size_t lines_ = 0;
};

// What the head says about the message's framing and the connection.
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;
  bool expect_continue = false;
};

struct RequestHead {
  std::string_view method, target;
  int minor_version = 1;
  Fields fields;
  Framing framing;
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  Fields fields;
  Framing framing;
};

// Parse a complete head (as HeadScanner found it); the views point into it. bad_http for anything that two
// readers could understand differently (RFC 9112 sections 3.2, 6.1-6.3 and 11.2), not_implemented for a
// transfer coding other than chunked.
Status parse_request_head(std::string_view text, RequestHead& head);
Status parse_response_head(std::string_view text, ResponseHead& head);

// The parts of a request target in origin or absolute form. `authority` is empty unless absolute.
struct Target {
  std::string_view authority, path, query;
};
Target split_target(std::string_view target);

}  // namespace cairn::http
