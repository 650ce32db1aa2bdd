#pragma once
#include <cstdint>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::http {

// The framing of a chunked body (RFC 9112 section 7.1) without its data: feed() takes framing bytes until
// chunk data begins or the body is done; the caller moves data_left() bytes itself and says so with took().
// Extensions and trailers are dropped. Strict: CR LF only, no white space around sizes.
class ChunkDecoder {
 public:
  // How many bytes of `in` were framing. bad_http when it is malformed or its extensions or trailers pass 8
  // KiB.
  Result<std::size_t> feed(std::string_view in);
  std::uint64_t data_left() const { return data_left_; }
  void took(std::uint64_t n) { data_left_ -= n; }
  bool done() const { return state_ == State::done; }

 private:
  enum class State {
    size,
    extension,
    size_lf,
    data_cr,
    data_lf,
    line_start,
    trailer,
    trailer_lf,
    end_lf,
    done
  };
  Status step(char c);
  State state_ = State::size;
  unsigned digits_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t data_left_ = 0;
  std::size_t dropped_ = 0;  // bytes of extensions and trailers
};

}  // namespace cairn::http
