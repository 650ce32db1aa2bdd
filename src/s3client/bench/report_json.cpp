#include <nlohmann/json.hpp>

#include "s3client/bench/report.hpp"

namespace cairn::s3client::bench {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const LatencySummary& s) {
  Json curve = Json::array();
  for (const CurvePoint& p : s.curve) curve.push_back(Json::array({p.quantile, p.ms}));
  return {{"min", s.min}, {"mean", s.mean},  {"p50", s.p50}, {"p90", s.p90},
          {"p99", s.p99}, {"p99.9", s.p999}, {"max", s.max}, {"curve", std::move(curve)}};
}

Json json_of(const OpReport& op) {
  Json series = Json::array();
  for (const SeriesPoint& p : op.series)
    series.push_back(Json::array({p.operations, p.bytes, p.items, p.errors}));
  Json errors = Json::object();
  for (const auto& [code, count] : op.errors_by_code) errors[code] = count;
  return {{"op", op.op},
          {"requests", op.requests},
          {"errors", op.errors},
          {"slow_downs", op.slow_downs},
          {"bytes", op.bytes},
          {"items", op.items},
          {"ops_per_s", op.ops_per_s},
          {"items_per_s", op.items_per_s},
          {"mib_per_s", op.mib_per_s},
          {"latency_ms", json_of(op.latency)},
          {"first_byte_ms", op.first_byte ? json_of(*op.first_byte) : Json()},
          {"errors_by_code", std::move(errors)},
          {"series", std::move(series)}};
}

LatencySummary latency_of(const Json& j) {
  LatencySummary s{.min = j.at("min"),
                   .mean = j.at("mean"),
                   .p50 = j.at("p50"),
                   .p90 = j.at("p90"),
                   .p99 = j.at("p99"),
                   .p999 = j.at("p99.9"),
                   .max = j.at("max")};
  for (const Json& p : j.at("curve")) s.curve.push_back({p.at(0).get<double>(), p.at(1).get<double>()});
  return s;
}

OpReport op_of(const Json& j) {
  OpReport op;
  j.at("op").get_to(op.op);
  j.at("requests").get_to(op.requests);
  j.at("errors").get_to(op.errors);
  j.at("slow_downs").get_to(op.slow_downs);
  j.at("bytes").get_to(op.bytes);
  j.at("items").get_to(op.items);
  j.at("ops_per_s").get_to(op.ops_per_s);
  j.at("items_per_s").get_to(op.items_per_s);
  j.at("mib_per_s").get_to(op.mib_per_s);
  op.latency = latency_of(j.at("latency_ms"));
  if (const Json& first = j.at("first_byte_ms"); !first.is_null()) op.first_byte = latency_of(first);
  for (const auto& [code, count] : j.at("errors_by_code").items())
    op.errors_by_code.emplace(code, count.get<std::uint64_t>());
  for (const Json& p : j.at("series"))
    op.series.push_back(
        {p.at(0).get<double>(), p.at(1).get<double>(), p.at(2).get<double>(), p.at(3).get<double>()});
  return op;
}

Report report_of(const Json& j) {
  Report r;
  j.at("label").get_to(r.label);
  j.at("tool").get_to(r.tool);
  j.at("started").get_to(r.started);
  for (const auto& [name, value] : j.at("settings").items())
    r.settings.emplace_back(name, value.get<std::string>());
  j.at("elapsed_s").get_to(r.elapsed_s);
  j.at("interrupted").get_to(r.interrupted);
  j.at("client").at("cpu_s").get_to(r.client.cpu_s);
  j.at("client").at("cpu_us_per_op").get_to(r.client.cpu_us_per_op);
  for (const Json& op : j.at("operations")) r.operations.push_back(op_of(op));
  return r;
}

}  // namespace

std::string to_json(const Report& report) {
  Json settings = Json::object();
  for (const auto& [name, value] : report.settings) settings[name] = value;
  Json operations = Json::array();
  for (const OpReport& op : report.operations) operations.push_back(json_of(op));
  const Json j{{"format", "cairn-bench"},
               {"version", Report::kVersion},
               {"label", report.label},
               {"tool", report.tool},
               {"started", report.started},
               {"settings", std::move(settings)},
               {"elapsed_s", report.elapsed_s},
               {"interrupted", report.interrupted},
               {"client", {{"cpu_s", report.client.cpu_s}, {"cpu_us_per_op", report.client.cpu_us_per_op}}},
               {"operations", std::move(operations)}};
  // What came from a server or a command line may not be UTF-8.
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Report> parse_report(std::string_view json) {
  const Json j = Json::parse(json, nullptr, false);
  if (j.is_discarded() || !j.is_object()) return fail(Code::corrupt, "not a JSON object");
  if (const auto format = j.find("format"); format == j.end() || *format != "cairn-bench")
    return fail(Code::corrupt, "not a report of cairn bench");
  try {  // the library's way to report a missing or mistyped field
    if (j.at("version").get<int>() != Report::kVersion)
      return fail(Code::unsupported, "a report of another version of cairn bench");
    return report_of(j);
  } catch (const Json::exception& e) {
    return fail(Code::corrupt, e.what());
  }
}

}  // namespace cairn::s3client::bench
