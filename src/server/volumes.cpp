#include "server/volumes.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace cairn::server {
namespace {
struct Range {
  std::uint64_t first = 0, last = 0;
  std::size_t width = 0;  // 0: no leading zeros
};

Result<Range> parse_pattern(std::string_view inside, const std::string& whole) {
  const auto bad = [&] {
    return fail(Code::config,
                fmt::format("'{}': a pattern is {{1...4}}, with the smaller number first", whole));
  };
  const auto dots = inside.find("...");
  if (dots == std::string_view::npos) return bad();
  const std::string_view first = inside.substr(0, dots), last = inside.substr(dots + 3);
  const auto number = [](std::string_view text, std::uint64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && text.size() <= 9;
  };
  Range r;
  if (!number(first, r.first) || !number(last, r.last) || r.first > r.last) return bad();
  if (first.size() > 1 && first.front() == '0') {
    if (first.size() != last.size()) return bad();
    r.width = first.size();
  }
  return r;
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}
}  // namespace

Result<std::vector<std::string>> expand_ellipses(const std::string& text) {
  const auto open = text.find('{');
  if (open == std::string::npos) return std::vector{text};
  const auto close = text.find('}', open);
  if (close == std::string::npos) return fail(Code::config, fmt::format("'{}': a brace is not closed", text));
  TRY(const Range range, parse_pattern(std::string_view(text).substr(open + 1, close - open - 1), text));
  TRY(const auto tails, expand_ellipses(text.substr(close + 1)));
  std::vector<std::string> out;
  for (std::uint64_t i = range.first; i <= range.last; ++i)
    for (const std::string& tail : tails) {
      if (out.size() == kMaxDrives)
        return fail(Code::config, fmt::format("'{}' stands for more than {} drives", text, kMaxDrives));
      out.push_back(text.substr(0, open) + fmt::format("{:0{}}", i, range.width) + tail);
    }
  return out;
}

Result<std::vector<std::vector<std::string>>> pools_of(const std::vector<std::string>& arguments) {
  std::vector<std::vector<std::string>> pools;
  std::vector<std::string> plain;
  std::set<std::string> seen;
  for (const std::string& argument : arguments) {
    if (argument.empty()) return fail(Code::config, "a path is empty");
    TRY(auto paths, expand_ellipses(argument));
    for (std::string& path : paths) {
      path = without_trailing_slash(std::move(path));
      if (!seen.insert(path).second)
        return fail(Code::config, fmt::format("the path {} is given twice", path));
    }
    if (argument.find('{') == std::string::npos)
      plain.push_back(std::move(paths.front()));
    else
      pools.push_back(std::move(paths));
  }
  if (!plain.empty() && !pools.empty())
    return fail(Code::config,
                "paths with and without {...} are mixed: with them each argument is a pool, without them all "
                "together are one");
  if (!plain.empty()) pools.push_back(std::move(plain));
  if (pools.empty()) return fail(Code::config, "no paths are given: cairn server PATHS, or CAIRN_VOLUMES");
  return pools;
}

std::size_t set_size(std::size_t drives) {
  std::size_t size = std::min<std::size_t>(drives, 16);
  while (size > 1 && drives % size != 0) --size;
  return size;
}

Status check_parity(std::uint32_t parity, const std::vector<std::vector<std::string>>& pools) {
  for (const auto& pool : pools)
    if (const std::size_t size = set_size(pool.size()); parity > size / 2)
      return fail(Code::config,
                  fmt::format("CAIRN_STORAGE_CLASS_STANDARD: EC:{} is more than half of a set of {} {}",
                              parity, size, size == 1 ? "drive" : "drives"));
  return {};
}

}  // namespace cairn::server
