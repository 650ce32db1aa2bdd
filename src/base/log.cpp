#include "cairn/base/log.hpp"

#include <atomic>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "cairn/base/clock.hpp"

namespace cairn::log {
namespace {
std::atomic<int> g_level{static_cast<int>(Level::info)};
std::atomic<bool> g_json{false};

spdlog::logger& sink() {
  static const auto logger = [] {
    auto l = spdlog::stderr_logger_mt("cairn");
    l->set_pattern("%v");
    l->set_level(spdlog::level::trace);
    return l;
  }();
  return *logger;
}

constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error"};

void escape(std::string& out, std::string_view text) {
  out += '"';
  for (const char ch : text) {
    const auto c = static_cast<unsigned char>(ch);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += ch;
    } else if (c < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else {
      out += ch;
    }
  }
  out += '"';
}
}  // namespace

void configure(Level level, bool json) {
  g_level = static_cast<int>(level);
  g_json = json;
}

bool enabled(Level level) { return static_cast<int>(level) >= g_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  std::string line;
  const std::string time = iso8601_ms(SystemClock{}.now_ms());
  const std::string_view name = kNames[static_cast<int>(level)];
  if (g_json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","event":)", time, name);
    escape(line, event);
    for (const Field& f : fields) {
      line += ',';
      escape(line, f.name);
      line += ':';
      if (f.is_number)
        line += f.value;
      else
        escape(line, f.value);
    }
    line += '}';
  } else {
    line = fmt::format("{} {:5} {}", time, name, event);
    for (const Field& f : fields) {
      fmt::format_to(std::back_inserter(line), " {}=", f.name);
      if (f.is_number)
        line += f.value;
      else
        escape(line, f.value);
    }
  }
  sink().log(spdlog::level::info, line);
  if (level >= Level::warn) sink().flush();
}

}  // namespace cairn::log
