#include "http/head.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <boost/beast/http/basic_parser.hpp>

namespace cairn::http {
namespace {

namespace beast = boost::beast;

std::string_view std_view(beast::string_view s) { return {s.data(), s.size()}; }

// Beast's parser for heads, handing on views into its input. The body is never given to it.
template <bool is_request>
class Parser final : public beast::http::basic_parser<is_request> {
  using Head = std::conditional_t<is_request, RequestHead, ResponseHead>;
  using Error = beast::error_code;

 public:
  explicit Parser(Head& head) : head_(head) {
    this->eager(false);
    this->header_limit(UINT32_MAX);  // HeadScanner has the limits
    this->body_limit(boost::none);
  }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       Error&) override {
    if constexpr (is_request) {
      head_.method = std_view(method);
      head_.target = std_view(target);
      head_.minor_version = version - 10;
    }
  }
  void on_response_impl(int code, beast::string_view reason, int version, Error&) override {
    if constexpr (!is_request) {
      head_.status = code;
      head_.reason = std_view(reason);
      head_.minor_version = version - 10;
    }
  }
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, Error&) override {
    head_.fields.add(std_view(name), std_view(value));
  }
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(beast::string_view body, Error&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, Error&) override {
    return body.size();
  }
  void on_finish_impl(Error&) override {}

  Head& head_;
};

std::unexpected<Error> bad(const char* what) { return fail(Code::bad_http, what); }

Status add_content_length(std::string_view value, Framing& framing) {
  std::uint64_t n = 0;
  const char* end = value.data() + value.size();
  const auto [stop, ec] = std::from_chars(value.data(), end, n);
  if (value.empty() || ec != std::errc() || stop != end) return bad("Content-Length is not a number");
  if (framing.content_length && *framing.content_length != n) return bad("Content-Length values differ");
  framing.content_length = n;
  return {};
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (equal_ignoring_case(item, token)) return true;
  }
  return false;
}

Status decide_framing(const Fields& fields, int minor_version, Framing& framing) {
  std::size_t codings = 0;
  bool close = false;
  bool keep = false;
  bool only_chunked = true;
  for (const Field& f : fields) {
    if (equal_ignoring_case(f.name, "content-length")) {
      TRY(add_content_length(f.value, framing));
    } else if (equal_ignoring_case(f.name, "transfer-encoding")) {
      ++codings;
      only_chunked = only_chunked && equal_ignoring_case(f.value, "chunked");
    } else if (equal_ignoring_case(f.name, "connection")) {
      close = close || has_token(f.value, "close");
      keep = keep || has_token(f.value, "keep-alive");
    } else if (equal_ignoring_case(f.name, "expect")) {
      framing.expect_continue = minor_version >= 1 && equal_ignoring_case(f.value, "100-continue");
    }
  }
  framing.keep_alive = !close && (minor_version >= 1 || keep);
  if (codings == 0) return {};
  if (framing.content_length) return bad("both Content-Length and Transfer-Encoding");
  if (minor_version < 1) return bad("Transfer-Encoding in HTTP/1.0");
  if (!only_chunked) return fail(Code::not_implemented, "a transfer coding other than chunked");
  if (codings > 1) return bad("Transfer-Encoding more than once");
  framing.chunked = true;
  return {};
}

template <bool is_request, class Head>
Status parse(std::string_view text, Head& head) {
  head.fields.clear();
  head.framing = {};
  Parser<is_request> parser(head);
  beast::error_code ec;
  parser.put(boost::asio::const_buffer(text.data(), text.size()), ec);
  if (ec == beast::http::error::bad_transfer_encoding || ec == beast::http::error::bad_content_length ||
      ec == beast::http::error::multiple_content_length)
    return bad("Content-Length and Transfer-Encoding contradict each other");
  if (ec) return bad("malformed head");
  return decide_framing(head.fields, head.minor_version, head.framing);
}

}  // namespace

Result<std::size_t> HeadScanner::scan(std::string_view text) {
  while (scanned_ < text.size()) {
    const void* found = std::memchr(text.data() + scanned_, '\n', text.size() - scanned_);
    if (!found) {
      scanned_ = text.size();
      break;
    }
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (end == line_start_ || text[end - 1] != '\r') return bad("a line does not end with CR LF");
    const std::size_t length = end - 1 - line_start_;
    if (lines_ == 0) {
      if (length > limits_.start_line) return fail(Code::invalid_uri, "the request line is too long");
      if (length == 0) return bad("no start line");
      start_line_end_ = end + 1;
    } else if (length == 0) {
      if (end + 1 - start_line_end_ > limits_.header_section) break;
      return end + 1;
    } else if (text[line_start_] == ' ' || text[line_start_] == '\t') {
      return bad("a folded header line");
    } else if (lines_ > limits_.fields) {
      return fail(Code::request_header_section_too_large, "too many header fields");
    }
    ++lines_;
    scanned_ = line_start_ = end + 1;
  }
  if (lines_ == 0 && text.size() > limits_.start_line + 1)
    return fail(Code::invalid_uri, "the request line is too long");
  if (lines_ > 0 && text.size() - start_line_end_ > limits_.header_section)
    return fail(Code::request_header_section_too_large, "the header section is too large");
  return 0;
}

Target split_target(std::string_view target) {
  Target t;
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    if (scheme != std::string_view::npos && scheme < target.find_first_of("/?")) {
      const std::size_t start = scheme + 3;
      const std::size_t end = std::min(target.find_first_of("/?", start), target.size());
      t.authority = target.substr(start, end - start);
      target = target.substr(end);
    }
  }
  const std::size_t mark = target.find('?');
  t.path = target.substr(0, mark);
  if (mark != std::string_view::npos) t.query = target.substr(mark + 1);
  if (t.path.empty()) t.path = "/";
  return t;
}

Status parse_request_head(std::string_view text, RequestHead& head) {
  TRY(parse<true>(text, head));
  const std::size_t hosts = head.fields.count("host");
  if (hosts > 1 || (hosts == 0 && head.minor_version >= 1)) return bad("exactly one Host field is needed");
  const std::string_view authority = split_target(head.target).authority;
  if (!authority.empty() && hosts == 1 && !equal_ignoring_case(authority, head.fields.get("host")))
    return bad("the target and the Host field name different hosts");
  return {};
}

Status parse_response_head(std::string_view text, ResponseHead& head) { return parse<false>(text, head); }

}  // namespace cairn::http
