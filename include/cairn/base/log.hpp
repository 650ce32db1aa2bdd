#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace cairn::log {

enum class Level { trace, debug, info, warn, error };

// One field of an event. Values are escaped; never pass a secret.
struct Field {
  std::string_view name;
  std::string value;
  bool is_number = false;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(v) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  Field(std::string_view n, T v) : name(n), value(fmt::format("{}", v)), is_number(true) {}
};

// Where and what to log; called once by main. `json`: one JSON object a line, else aligned text for people.
void configure(Level level, bool json);
bool enabled(Level level);

// Writes one line: time, level, event (a short constant name in words), fields.
//   log::write(log::Level::warn, "drive offline", {{"drive", id}, {"error", text}});
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
inline void info(std::string_view event, std::initializer_list<Field> f = {}) {
  write(Level::info, event, f);
}
inline void warn(std::string_view event, std::initializer_list<Field> f = {}) {
  write(Level::warn, event, f);
}
inline void error(std::string_view event, std::initializer_list<Field> f = {}) {
  write(Level::error, event, f);
}
inline void debug(std::string_view event, std::initializer_list<Field> f = {}) {
  if (enabled(Level::debug)) write(Level::debug, event, f);
}

}  // namespace cairn::log
