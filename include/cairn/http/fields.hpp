#pragma once
#include <optional>
#include <string_view>
#include <vector>

namespace cairn::http {

// One header field. The views belong to whoever made it: for a received message to the connection, until the
// message has been dealt with.
struct Field {
  std::string_view name;
  std::string_view value;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// The header fields of a message as received: in order, repeated names kept, values without surrounding white
// space. Lookup ignores case and is linear, which is quickest for the dozen fields a request has.
class Fields {
 public:
  void add(std::string_view name, std::string_view value) { list_.push_back({name, value}); }
  void clear() { list_.clear(); }
  // The first value of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  // The same, empty when there is none.
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::vector<std::string_view> all(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }
  std::size_t size() const { return list_.size(); }

 private:
  std::vector<Field> list_;
};

}  // namespace cairn::http
