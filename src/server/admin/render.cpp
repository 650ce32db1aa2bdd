#include "server/admin/render.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace cairn::server {
namespace {

using nlohmann::json;
using Row = std::vector<std::string>;

// On one line, and without what a terminal would obey.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::string cell(const json& value, bool bytes) {
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (bytes && value.is_number_unsigned()) return readable_bytes(value.get<std::uint64_t>());
  if (value.is_string()) return printable(value.get<std::string>());
  if (!value.is_array()) return value.dump();
  std::string out;
  for (const json& item : value) out.append(out.empty() ? "" : ", ").append(cell(item, bytes));
  return out;
}

std::string field(const json& document, const char* name, bool bytes = false) {
  const auto at = document.find(name);
  return at == document.end() ? "-" : cell(*at, bytes);
}

// Columns two blanks apart; nothing behind the last.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string list(const std::vector<Column>& columns, const json& items, bool totals) {
  std::vector<Row> rows(1);
  for (const Column& c : columns) rows[0].emplace_back(c.title);
  std::uint64_t objects = 0, bytes = 0;
  for (const json& item : items) {
    Row& row = rows.emplace_back();
    for (const Column& c : columns) row.push_back(field(item, c.field, c.bytes));
    if (!totals) continue;
    objects += item.value("objects", std::uint64_t{0});
    bytes += item.value("bytes", std::uint64_t{0});
  }
  if (totals) rows.push_back({"total", std::to_string(objects), readable_bytes(bytes)});
  return table(rows);
}

// One line a field; a policy's text below all else, as it is.
std::string record(const json& document) {
  if (document.empty()) return "done\n";
  std::vector<Row> rows;
  std::string below;
  for (const auto& [name, value] : document.items()) {
    if (name == "document" ||
        (name == "policy" && value.is_string() && value.get<std::string>().starts_with('{')))
      below += "\n" + value.get<std::string>() + "\n";
    else if (value.is_object())
      for (const auto& [inner, v] : value.items()) rows.push_back({name + "." + inner, cell(v, false)});
    else
      rows.push_back({name, cell(value, name.ends_with("bytes"))});
  }
  return table(rows) + below;
}

std::string drives(const json& list_of_drives) {
  return list({{"DRIVE", "name"},
               {"POOL", "pool"},
               {"SET", "set"},
               {"STATE", "state"},
               {"WHOLE", "whole"},
               {"FREE", "free_bytes", true},
               {"SIZE", "total_bytes", true},
               {"TO HEAL", "heal_entries"},
               {"REASON", "reason"}},
              list_of_drives, false);
}

std::string sets(const json& list_of_sets) {
  return list({{"POOL", "pool"},
               {"SET", "set"},
               {"DATA", "data"},
               {"PARITY", "parity"},
               {"ONLINE", "online"},
               {"TO WRITE", "write_quorum"},
               {"TO READ", "read_quorum"}},
              list_of_sets, false);
}

std::string info(const json& d) {
  std::string out = fmt::format("Cairn {} ({})\n", field(d, "version"), field(d, "revision"));
  out += table({{"reads", field(d, "can_read")},
                {"writes", field(d, "can_write")},
                {"buckets", field(d, "buckets")},
                {"to heal", field(d, "heal_queue")}});
  return out + "\n" + sets(d.value("sets", json::array())) + "\n" + drives(d.value("drives", json::array()));
}

std::string heal(const json& d) {
  const json damaged = d.value("drives", json::array());
  std::string out = fmt::format("{} entries wait to be healed\n\n", field(d, "queue"));
  out += sets(d.value("sets", json::array()));
  if (!damaged.empty()) out += "\n" + drives(damaged);
  return out + "\nlast verifying pass asked for\n" + record(d.value("verify", json::object()));
}

std::string explanation(const json& d) {
  std::string out = fmt::format("{} {}\n  {}\n", field(d, "action"), field(d, "resource"), field(d, "text"));
  if (d.value("owns_bucket", false) && field(d, "decision") == "implicit_deny")
    out += "  but it owns the bucket, which allows what no policy denies\n";
  const json statements = d.value("statements", json::array());
  if (!statements.empty()) out += "\nEvery statement that was looked at:\n";
  for (const json& s : statements) out += "  " + field(s, "text") + "\n";
  return out;
}

}  // namespace

std::string readable_bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 6> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (value /= 1024; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string render_admin(const AdminPlan& plan, const json& document) {
  switch (plan.view) {
    case AdminView::table:
      return list(plan.columns, document.value("items", json::array()), plan.totals);
    case AdminView::record:
      return record(document);
    case AdminView::info:
      return info(document);
    case AdminView::heal:
      return heal(document);
    case AdminView::explain:
      return explanation(document);
  }
  return {};
}

}  // namespace cairn::server
