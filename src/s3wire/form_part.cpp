#include "s3wire/form_part.hpp"

#include <algorithm>

#include "cairn/s3wire/request_view.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(Code::malformed_post_request, std::move(what));
}

// Browsers write a quote in a name as %22 or as \", and some send paths with single backslashes.
bool take_quoted(std::string_view& rest, std::string& value) {
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != '"') {
    if (rest.starts_with("\\\"")) rest.remove_prefix(1);
    value.push_back(rest.front());
    rest.remove_prefix(1);
  }
  if (rest.empty()) return false;
  rest.remove_prefix(1);
  return true;
}

std::string last_of_path(std::string_view path) {
  const std::size_t at = path.find_last_of("/\\");
  return std::string(at == std::string_view::npos ? path : path.substr(at + 1));
}

Status take_disposition(PartHead& head, bool& has_name, std::string_view value) {
  if (!iequals(trim(value.substr(0, value.find(';'))), "form-data"))
    return malformed("The Content-Disposition of a part must be form-data.");
  std::string_view rest = value.find(';') == std::string_view::npos ? "" : value.substr(value.find(';'));
  std::string name, text;
  while (take_parameter(rest, name, text)) {
    if (iequals(name, "name") && !has_name) {
      head.name = std::move(text);
      has_name = true;
    } else if (iequals(name, "filename") && !head.filename) {
      head.filename = last_of_path(text);
    } else if (iequals(name, "name") || iequals(name, "filename")) {
      return malformed("A parameter of a Content-Disposition stands there twice.");
    }
  }
  if (!rest.empty()) return malformed("A Content-Disposition cannot be read.");
  return {};
}

}  // namespace

bool take_parameter(std::string_view& rest, std::string& name, std::string& value) {
  std::string_view in = trim(rest);
  if (!in.starts_with(';')) {
    rest = in;
    return false;
  }
  in = trim(in.substr(1));
  if (in.empty()) {  // a semicolon at the end
    rest = in;
    return false;
  }
  const std::size_t eq = in.find('=');
  if (eq == std::string_view::npos || eq == 0) return false;
  name = to_lower(trim(in.substr(0, eq)));
  in = trim(in.substr(eq + 1));
  value.clear();
  if (in.starts_with('"')) {
    if (!take_quoted(in, value)) return false;
  } else {
    const std::size_t end = std::min(in.find(';'), in.size());
    value = std::string(trim(in.substr(0, end)));
    in.remove_prefix(end);
  }
  rest = in;
  return true;
}

Result<PartHead> parse_part_head(std::string_view lines) {
  PartHead head;
  bool has_disposition = false, has_name = false;
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    if (end == std::string_view::npos) return malformed("A header of a part has no end.");
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return malformed("A header of a part cannot be read.");
    const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
    if (iequals(name, "Content-Disposition")) {
      if (has_disposition) return malformed("A part has two Content-Dispositions.");
      has_disposition = true;
      TRY(take_disposition(head, has_name, value));
    } else if (iequals(name, "Content-Transfer-Encoding")) {
      const bool plain = iequals(value, "binary") || iequals(value, "8bit") || iequals(value, "7bit");
      if (!plain) return malformed("Parts must not be encoded for transfer.");
    }
  }
  if (!has_name || head.name.empty()) return malformed("A part has no name.");
  return head;
}

}  // namespace cairn::s3wire
