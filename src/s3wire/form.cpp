#include "cairn/s3wire/form.hpp"

#include <algorithm>
#include <utility>

#include "cairn/s3wire/request_view.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/form_part.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::size_t kMaxBoundary = 70;
constexpr std::string_view kFileField = "file";

// RFC 2046 section 5.1.1.
bool valid_boundary(std::string_view b) {
  if (b.empty() || b.size() > kMaxBoundary || b.back() == ' ') return false;
  return std::ranges::all_of(b, [](char c) {
    return is_digit(c) || is_lower_alpha(lower(c)) ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
  });
}

std::unexpected<Error> malformed(std::string what = {}) {
  return fail(Code::malformed_post_request, std::move(what));
}

}  // namespace

void FormFields::add(std::string name, std::string value) {
  for (FormField& f : fields_)
    if (iequals(f.name, name)) {
      f.value.append(",").append(value);
      return;
    }
  fields_.push_back({std::move(name), std::move(value)});
}

const std::string* FormFields::find(std::string_view name) const {
  for (const FormField& f : fields_)
    if (iequals(f.name, name)) return &f.value;
  return nullptr;
}

std::string_view FormFields::get(std::string_view name) const {
  const std::string* v = find(name);
  return v ? std::string_view(*v) : std::string_view();
}

std::expected<std::string, Refusal> form_boundary(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (!iequals(trim(content_type.substr(0, end)), "multipart/form-data"))
    return refuse(Code::precondition_failed, {},
                  {{"Condition", "Bucket POST must be of the enclosure-type multipart/form-data"}});
  std::string_view rest = content_type.substr(end);
  std::string name, value, boundary;
  while (take_parameter(rest, name, value))
    if (name == "boundary" && boundary.empty()) boundary = value;
  if (!valid_boundary(boundary)) return refuse(Code::malformed_post_request);
  return boundary;
}

FormParser::FormParser(std::string_view boundary, Limits limits)
    : delimiter_("\r\n--" + std::string(boundary)), limits_(limits) {}

// A CR stands at the front of the delimiter and nowhere else in it, so that what was matched before a
// mismatch is plain data as a whole, and no byte is looked at more than twice.
FormParser::Scan FormParser::scan(std::string_view input) {
  const std::string_view delimiter = delimiter_;
  if (matched_ > 0) {
    const std::size_t n = std::min(input.size(), delimiter.size() - matched_);
    if (input.substr(0, n) != delimiter.substr(matched_, n))
      return {delimiter.substr(0, std::exchange(matched_, 0)), 0, false};
    matched_ += n;
    const bool found = matched_ == delimiter.size();
    if (found) matched_ = 0;
    return {{}, n, found};
  }
  if (const std::size_t at = input.find(delimiter); at != std::string_view::npos)
    return {input.substr(0, at), at + delimiter.size(), true};
  const std::size_t tail = input.size() - std::min(input.size(), delimiter.size() - 1);
  const std::size_t cr = input.substr(tail).rfind('\r');
  if (cr != std::string_view::npos && delimiter.starts_with(input.substr(tail + cr)))
    matched_ = input.size() - tail - cr;
  return {input.substr(0, input.size() - matched_), input.size(), false};
}

Result<FormParser::Step> FormParser::next(Bytes input) {
  const std::string_view text = as_text(input);
  if (text.empty()) return Step{};
  if (state_ == State::file) return file_step(text);
  // Until something comes out, or the input or the fields end.
  std::size_t used = 0;
  while (used < text.size() && state_ != State::file) {
    TRY(const std::size_t n, other_step(text.substr(used)));
    used += n;
    overhead_ += n;
    if (overhead_ > limits_.bytes) return fail(Code::post_fields_too_large);
  }
  return Step{used, {}};
}

Result<FormParser::Step> FormParser::file_step(std::string_view input) {
  const Scan s = scan(input);
  if (s.found) {
    overhead_ += delimiter_.size();
    state_ = State::delimiter;
  }
  return Step{s.consumed, as_bytes(s.data)};
}

// Everything but the file, at most a byte or a run of a value at a time. Consumes nothing only where a
// mismatch gave back what was held.
Result<std::size_t> FormParser::other_step(std::string_view input) {
  switch (state_) {
    case State::delimiter:
      TRY(delimiter_byte(input.front()));
      return 1;
    case State::head:
      TRY(head_byte(input.front()));
      return 1;
    case State::epilogue:
      return input.size();
    case State::preamble:
    case State::value:
    case State::file:
      break;
  }
  const bool preamble = state_ == State::preamble;
  const Scan s = scan(input);
  if (!preamble && !file_seen_) pending_.append(s.data);
  if (pending_.size() > limits_.bytes) return fail(Code::post_fields_too_large);
  if (s.found) {
    if (!preamble) TRY(end_value());
    state_ = State::delimiter;
  }
  return s.consumed;
}

// After a delimiter: "--" ends the form, white space and a line end begin a part.
Status FormParser::delimiter_byte(char c) {
  pending_.push_back(c);
  if (pending_ == "--") {
    if (!file_seen_) return fail(Code::incorrect_number_of_files);
    state_ = State::epilogue;
    pending_.clear();
    return {};
  }
  if (c == '\n' && pending_.ends_with("\r\n")) {
    if (!trim(std::string_view(pending_).substr(0, pending_.size() - 2)).empty())
      return malformed("A boundary line cannot be read.");
    state_ = State::head;
    pending_.clear();
  } else if (c != ' ' && c != '\t' && c != '\r' && pending_ != "-") {
    return malformed("A boundary line cannot be read.");
  }
  return {};
}

Status FormParser::head_byte(char c) {
  pending_.push_back(c);
  if (c != '\n' || !(pending_.ends_with("\r\n\r\n") || pending_ == "\r\n")) return {};
  TRY(begin_part());
  pending_.clear();
  return {};
}

Status FormParser::begin_part() {
  TRY(PartHead head, parse_part_head(pending_));
  if (++parts_ > limits_.fields) return malformed("The form has too many fields.");
  const bool file = iequals(head.name, kFileField);
  if (file && file_seen_) return fail(Code::incorrect_number_of_files);
  name_ = std::move(head.name);
  state_ = file ? State::file : State::value;
  if (file) {
    file_seen_ = true;
    filename_ = std::move(head.filename);
  }
  return {};
}

// What stands after the file is no field any more: S3 ignores it.
Status FormParser::end_value() {
  if (!file_seen_) fields_.add(std::move(name_), std::move(pending_));
  name_.clear();
  pending_.clear();
  return {};
}

Status FormParser::finish() const {
  if (done()) return {};
  return malformed("The form ends before its last boundary.");
}

Result<FormFields> expand_filename(const FormFields& fields, const std::optional<std::string>& filename,
                                   std::size_t limit) {
  constexpr std::string_view kVariable = "${filename}";
  if (!filename) return fields;
  FormFields out;
  std::size_t total = 0;
  for (const FormField& f : fields.all()) {
    std::string value;
    for (std::string_view rest = f.value; !rest.empty();) {
      const std::size_t at = rest.find(kVariable);
      value.append(rest.substr(0, at));
      if (at == std::string_view::npos) break;
      value.append(*filename);
      if (total + value.size() > limit) return fail(Code::post_fields_too_large);
      rest.remove_prefix(at + kVariable.size());
    }
    total += value.size();
    out.add(f.name, std::move(value));
  }
  return out;
}

}  // namespace cairn::s3wire
