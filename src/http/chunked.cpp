#include "http/chunked.hpp"

namespace cairn::http {
namespace {
constexpr std::size_t kMaxDropped = 8192;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::unexpected<Error> bad() { return fail(Code::bad_http, "malformed chunked coding"); }
}  // namespace

Result<std::size_t> ChunkDecoder::feed(std::string_view in) {
  std::size_t used = 0;
  while (used < in.size() && data_left_ == 0 && !done()) TRY(step(in[used++]));
  return used;
}

Status ChunkDecoder::step(char c) {
  switch (state_) {
    case State::size:
      if (const int digit = hex_digit(c); digit >= 0) {
        if (++digits_ > 15) return bad();
        size_ = size_ * 16 + static_cast<unsigned>(digit);
        return {};
      }
      if (digits_ == 0 || (c != ';' && c != '\r')) return bad();
      state_ = c == ';' ? State::extension : State::size_lf;
      return {};
    case State::extension:
      if (c == '\r') {
        state_ = State::size_lf;
      } else if (c == '\n' || c == '\0' || ++dropped_ > kMaxDropped) {
        return bad();
      }
      return {};
    case State::size_lf:
      if (c != '\n') return bad();
      data_left_ = size_;
      state_ = size_ == 0 ? State::line_start : State::data_cr;
      size_ = 0;
      digits_ = 0;
      return {};
    case State::data_cr:
      if (c != '\r') return bad();
      state_ = State::data_lf;
      return {};
    case State::data_lf:
      if (c != '\n') return bad();
      state_ = State::size;
      return {};
    case State::line_start:
    case State::trailer:
      if (c == '\r') {
        state_ = state_ == State::line_start ? State::end_lf : State::trailer_lf;
      } else if (c == '\n' || c == '\0' || ++dropped_ > kMaxDropped) {
        return bad();
      } else {
        state_ = State::trailer;
      }
      return {};
    case State::trailer_lf:
      if (c != '\n') return bad();
      state_ = State::line_start;
      return {};
    case State::end_lf:
      if (c != '\n') return bad();
      state_ = State::done;
      return {};
    case State::done:
      break;
  }
  return {};
}

}  // namespace cairn::http
