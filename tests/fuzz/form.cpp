// A multipart form, whole and in pieces: both must give the same. The first byte chooses the size of the
// pieces, the boundary is "B". The fields then go through everything that reads an upload form.
#include "cairn/s3wire/form.hpp"

#include <algorithm>
#include <cstdlib>

#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/post_object.hpp"

using namespace cairn;
using namespace cairn::s3wire;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

struct Taken {
  std::optional<Code> error;
  std::string file;
  FormFields fields;
  std::optional<std::string> filename;
};

Taken take(std::string_view body, std::size_t piece) {
  Taken out;
  FormParser parser("B");
  while (!body.empty()) {
    std::string_view input = body.substr(0, piece);
    while (!input.empty()) {
      const auto step = parser.next(as_bytes(input));
      if (!step) {
        out.error = step.error().code;
        return out;
      }
      require(step->consumed <= input.size() && (step->consumed > 0 || !step->data.empty()));
      require(step->data.empty() || parser.at_file());
      out.file += as_text(step->data);
      input.remove_prefix(step->consumed);
    }
    body.remove_prefix(std::min(piece, body.size()));
  }
  if (const Status s = parser.finish(); !s) out.error = s.error().code;
  out.fields = parser.fields();
  out.filename = parser.filename();
  return out;
}

bool same(const FormFields& a, const FormFields& b) {
  return std::ranges::equal(a.all(), b.all(), [](const FormField& x, const FormField& y) {
    return x.name == y.name && x.value == y.value;
  });
}

void use(const FormFields& fields) {
  static SigningKeyCache cache;
  if (const auto claim = parse_post_auth(fields, {}); claim && claim->type != AuthType::anonymous)
    (void)verify_post_signature(fields, *claim, "secret", cache);
  if (const auto policy = parse_post_policy(fields.get("policy")))
    if (check_post_policy(*policy, "bucket", fields, 0))
      for (const FormField& f : fields.all())  // no field comes in uncalled
        require(f.name != "key" || std::ranges::any_of(policy->conditions, [](const PostCondition& c) {
                  return c.field == "key";
                }));
  (void)post_key(fields);
  const std::vector<HeaderField> headers = post_headers(fields);
  (void)parse_object_headers({"POST", "/b", "", headers}, {});
  const PostAnswer answer = answer_post(fields, {"b", "k", "e", "http://h/b/k"});
  require(answer.status == 200 || answer.status == 201 || answer.status == 204 || answer.status == 303);
  require(answer.location.find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)form_boundary(body);
  const Taken whole = take(body, body.size());
  const Taken pieces = take(body, data[0] % 16 + 1);
  require(whole.error == pieces.error);
  if (whole.error) return 0;
  require(whole.file == pieces.file && same(whole.fields, pieces.fields) &&
          whole.filename == pieces.filename);
  if (const auto fields = expand_filename(whole.fields, whole.filename)) use(*fields);
  return 0;
}
