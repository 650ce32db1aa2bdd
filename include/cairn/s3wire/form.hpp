#pragma once
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/result.hpp"
#include "cairn/s3wire/errors.hpp"

// multipart/form-data (RFC 7578 and RFC 2046 section 5.1) as browsers send it to upload a file.
namespace cairn::s3wire {

struct FormField {
  std::string name;  // as sent
  std::string value;
};

// The fields of a form in their order, without the file. Names compare without ASCII case; what comes twice
// is one field with its values joined by commas, as S3 has it.
class FormFields {
 public:
  void add(std::string name, std::string value);
  const std::string* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string_view get(std::string_view name) const;  // empty where absent
  std::span<const FormField> all() const { return fields_; }

 private:
  std::vector<FormField> fields_;
};

// The boundary that a Content-Type names. precondition_failed, with a Condition, for another type than
// multipart/form-data; malformed_post_request without a boundary of 1 to 70 characters of RFC 2046.
std::expected<std::string, Refusal> form_boundary(std::string_view content_type);

// Takes a form apart as it comes in. Fields are kept, the bytes of the part named "file" come out as spans
// without a copy. Not thread-safe.
//   while (!input.empty()) {
//     CO_TRY(auto step, parser.next(input));
//     if (parser.at_file() && first time) decide by parser.fields() whether to take it;
//     use(step.data);
//     input = input.subspan(step.consumed);
//   }
// and at the end of the body: CO_TRY(parser.finish()). Nothing of the file may take effect before that.
class FormParser {
 public:
  struct Limits {
    std::size_t fields = 100;
    std::size_t bytes = 20 * 1024;  // of the whole body but the file's contents, as S3 says
  };
  struct Step {
    std::size_t consumed = 0;  // bytes of input that are used up; where it is 0, data is not empty
    Bytes data;                // of the file: within the input, or valid as long as the parser
  };

  explicit FormParser(std::string_view boundary) : FormParser(boundary, Limits()) {}
  FormParser(std::string_view boundary, Limits limits);

  // One step of an input that is not empty. Errors are final: malformed_post_request, post_fields_too_large,
  // incorrect_number_of_files.
  Result<Step> next(Bytes input);
  // The input ended: malformed_post_request unless the form was complete.
  Status finish() const;
  // All fields before the file are there. next() returns at this point before it yields data.
  bool at_file() const { return file_seen_; }
  bool done() const { return state_ == State::epilogue; }
  const FormFields& fields() const { return fields_; }
  // The last part of the file's path as the client names it; nullopt where the part names none.
  const std::optional<std::string>& filename() const { return filename_; }

 private:
  enum class State { preamble, delimiter, head, value, file, epilogue };
  struct Scan {
    std::string_view data;  // what surely comes before a delimiter
    std::size_t consumed = 0;
    bool found = false;
  };

  Scan scan(std::string_view input);
  Result<Step> file_step(std::string_view input);
  Result<std::size_t> other_step(std::string_view input);
  Status delimiter_byte(char c);
  Status head_byte(char c);
  Status begin_part();
  Status end_value();

  std::string delimiter_;    // CR LF "--" boundary
  std::size_t matched_ = 2;  // bytes of it at the end of what was read; the first one needs no CR LF
  State state_ = State::preamble;
  Limits limits_;
  std::size_t overhead_ = 0;  // bytes so far that are not the file's
  std::size_t parts_ = 0;
  std::string pending_;  // of the line, head or value that is being read
  std::string name_;     // of the part that is being read
  FormFields fields_;
  std::optional<std::string> filename_;
  bool file_seen_ = false;
};

// The fields with ${filename} replaced by the file's name. Without a name it stays, as at Amazon.
// post_fields_too_large if they grow past `limit` bytes.
Result<FormFields> expand_filename(const FormFields& fields, const std::optional<std::string>& filename,
                                   std::size_t limit = 64 * 1024);

}  // namespace cairn::s3wire
