#include "s3client/bench/page.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "s3client/bench/chart.hpp"
#include "s3client/bench/format.hpp"
#include "s3client/bench/page_parts.hpp"

namespace cairn::s3client::bench {
namespace {

using Points = std::vector<std::pair<double, double>>;

// The same operation has the same colour in every page.
int color_of(std::string_view op) {
  return op == "put" ? 2 : op == "get" ? 1 : op == "stat" ? 3 : op == "list" ? 4 : 5;
}

Points over_time(const OpReport& op, const std::function<double(const SeriesPoint&)>& value) {
  Points points;
  for (std::size_t i = 0; i < op.series.size(); ++i)
    points.emplace_back(static_cast<double>(i + 1), value(op.series[i]));
  return points;
}
Points operations_over_time(const OpReport& op) {
  return over_time(op, [](const SeriesPoint& p) { return p.operations; });
}
Points mib_over_time(const OpReport& op) {
  return over_time(op, [](const SeriesPoint& p) { return p.bytes / (1024 * 1024); });
}
Points curve(const LatencySummary& s) {
  Points points;
  for (const CurvePoint& p : s.curve) points.emplace_back(p.quantile, p.ms);
  return points;
}

std::string document(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\">"
      "<title>{}</title>\n<style>{}</style></head>\n<body><main>\n{}</main>\n<script>{}</script></body></"
      "html>\n",
      escape_html(title), kPageStyle, body, kPageScript);
}

std::string tile(std::string_view name, std::string_view value, std::string_view unit) {
  return fmt::format("<div class=\"card tile\"><span>{}</span><b>{}</b><small>{}</small></div>\n",
                     escape_html(name), escape_html(value), escape_html(unit));
}

std::string tiles(const Report& report) {
  double ops = 0, mib = 0;
  std::uint64_t errors = 0, requests = 0;
  for (const OpReport& op : report.operations) {
    ops += op.ops_per_s;
    mib += op.mib_per_s;
    errors += op.errors;
    requests += op.requests;
  }
  std::string out = "<section class=\"tiles\">";
  out += tile("Throughput", format_rate(ops), "operations per second");
  if (mib > 0) out += tile("Data", format_rate(mib), "MiB per second");
  if (report.operations.size() == 1) {
    const OpReport& op = report.operations.front();
    if (op.items != op.requests) out += tile("Keys", format_rate(op.items_per_s), "per second");
    out += tile("Median latency", format_ms(op.latency.p50), "ms");
    out += tile("p99 latency", format_ms(op.latency.p99), "ms");
  }
  out += tile("Errors", format_count(errors), fmt::format("in {} requests", format_count(requests + errors)));
  out += tile("Client CPU", fmt::format("{:.1f}", report.client.cpu_us_per_op), "µs per operation");
  return out + "</section>\n";
}

std::string charts(const Report& report) {
  Chart operations{.title = "Operations over time", .unit = "per second", .lines = {}};
  Chart data{.title = "Data over time", .unit = "MiB per second", .lines = {}};
  Chart latency{.title = "Latency by percentile",
                .unit = "ms",
                .x = XAxis::quantile,
                .y = YAxis::logarithmic,
                .lines = {}};
  Chart first_byte = latency;
  first_byte.title = "Time to first byte by percentile";
  for (const OpReport& op : report.operations) {
    const int color = color_of(op.op);
    operations.lines.push_back({op.op, color, operations_over_time(op)});
    if (op.bytes > 0) data.lines.push_back({op.op, color, mib_over_time(op)});
    latency.lines.push_back({op.op, color, curve(op.latency)});
    if (op.first_byte) first_byte.lines.push_back({op.op, color, curve(*op.first_byte)});
  }
  return "<section class=\"charts\">" + render_chart(operations) + render_chart(data) +
         render_chart(latency) + render_chart(first_byte) + "</section>\n";
}

std::string latency_cells(const LatencySummary& s) {
  std::string out;
  for (const double v : {s.min, s.mean, s.p50, s.p90, s.p99, s.p999, s.max})
    out += fmt::format("<td>{}</td>", format_ms(v));
  return out;
}

std::string tables(const Report& report) {
  std::string out =
      "<section class=\"card\"><h2>Operations</h2><div class=\"scroll\"><table><tr><th></th><th>requests</th>"
      "<th>op/s</th><th>MiB/s</th><th>keys/s</th><th>503 retried</th><th>errors</th></tr>\n";
  for (const OpReport& op : report.operations)
    out += fmt::format(
        "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escape_html(op.op), format_count(op.requests), format_rate(op.ops_per_s),
        op.bytes > 0 ? format_rate(op.mib_per_s) : "–",
        op.items != op.requests ? format_rate(op.items_per_s) : "–", format_count(op.slow_downs),
        format_count(op.errors));
  out +=
      "</table></div><h2>Latency, ms</h2><div class=\"scroll\"><table><tr><th></th><th>min</th><th>mean</th>"
      "<th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th></tr>\n";
  for (const OpReport& op : report.operations) {
    out += fmt::format("<tr><th>{}</th>{}</tr>\n", escape_html(op.op), latency_cells(op.latency));
    if (op.first_byte)
      out += fmt::format("<tr><th>{}, first byte</th>{}</tr>\n", escape_html(op.op),
                         latency_cells(*op.first_byte));
  }
  out += "</table></div>";
  std::string errors;
  for (const OpReport& op : report.operations)
    for (const auto& [code, count] : op.errors_by_code)
      errors += fmt::format("<tr><th>{}</th><td class=\"text\">{}</td><td>{}</td></tr>\n", escape_html(op.op),
                            escape_html(code), format_count(count));
  if (!errors.empty()) out += "<h2>Errors</h2><div class=\"scroll\"><table>" + errors + "</table></div>";
  return out + "</section>\n";
}

std::string settings_card(const Report& report) {
  std::string out = "<section class=\"card\"><h2>Settings</h2><dl>";
  for (const auto& [name, value] : report.settings)
    if (!value.empty())
      out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escape_html(name), escape_html(value));
  return out + "</dl></section>\n";
}

// ---- Two runs ----

std::string run_name(const Report& report, std::string_view letter) {
  return report.label.empty() ? std::string(letter) : fmt::format("{}: {}", letter, report.label);
}

std::string pair_charts(const OpReport& a, const OpReport& b, const std::string& name_a,
                        const std::string& name_b) {
  const auto pair = [&](Chart chart, const Points& of_a, const Points& of_b) {
    chart.lines = {{name_a, 1, of_a}, {name_b, 2, of_b}};
    return render_chart(chart);
  };
  std::string out = "<section class=\"charts\">";
  out += pair({.title = a.op + ": operations over time", .unit = "per second", .lines = {}},
              operations_over_time(a), operations_over_time(b));
  if (a.bytes > 0)
    out += pair({.title = a.op + ": data over time", .unit = "MiB per second", .lines = {}}, mib_over_time(a),
                mib_over_time(b));
  const Chart latency{.title = a.op + ": latency by percentile",
                      .unit = "ms",
                      .x = XAxis::quantile,
                      .y = YAxis::logarithmic,
                      .lines = {}};
  out += pair(latency, curve(a.latency), curve(b.latency));
  if (a.first_byte && b.first_byte) {
    Chart first_byte = latency;
    first_byte.title = a.op + ": time to first byte by percentile";
    out += pair(first_byte, curve(*a.first_byte), curve(*b.first_byte));
  }
  return out + "</section>\n";
}

std::string figures(const ComparedOp& op) {
  std::string out = fmt::format(
      "<section class=\"card\"><h2>{}</h2><div "
      "class=\"scroll\"><table><tr><th></th><th>A</th><th>B</th><th>B / A</th>"
      "<th></th></tr>\n",
      escape_html(op.op));
  for (const ComparedFigure& f : op.figures) {
    const bool time = f.name.ends_with("ms");
    const auto text = [time](double v) { return time ? format_ms(v) : format_rate(v); };
    const std::string_view verdict = f.verdict == Verdict::better  ? "<td class=\"good\">▲ better</td>"
                                     : f.verdict == Verdict::worse ? "<td class=\"bad\">▼ worse</td>"
                                                                   : "<td></td>";
    out += fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td>{}</tr>\n", escape_html(f.name),
                       text(f.a), text(f.b), format_ratio(f.ratio), verdict);
  }
  return out + "</table></div></section>\n";
}

std::string differences(const Comparison& c) {
  if (c.settings.empty()) return {};
  std::string out =
      "<section class=\"card\"><h2>Settings that differ</h2><div "
      "class=\"scroll\"><table><tr><th></th><th>A</th>"
      "<th>B</th></tr>\n";
  for (const auto& d : c.settings)
    out += fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td></tr>\n", escape_html(d.name), escape_html(d.a),
                       escape_html(d.b));
  return out + "</table></div></section>\n";
}

}  // namespace

std::string to_html(const Report& report) {
  const std::string title = fmt::format("cairn bench {}", report.setting("mode"));
  std::string body =
      fmt::format("<header><h1>{}</h1><p>{}{}{}, {:.1f} s measured{}</p></header>\n", escape_html(title),
                  escape_html(report.label), report.label.empty() ? "" : " · ", escape_html(report.started),
                  report.elapsed_s, report.interrupted ? ", interrupted" : "");
  body += tiles(report);
  body += charts(report);
  body += tables(report);
  body += settings_card(report);
  return document(title, body);
}

std::string to_html(const Comparison& c, const Report& a, const Report& b) {
  const std::string name_a = run_name(a, "A"), name_b = run_name(b, "B");
  std::string body = fmt::format(
      "<header><h1>cairn bench: two runs</h1><p><i class=\"k1\"></i>{} ({})<br><i class=\"k2\"></i>{} "
      "({})</p></header>\n",
      escape_html(name_a), escape_html(a.started), escape_html(name_b), escape_html(b.started));
  body += differences(c);
  for (const ComparedOp& op : c.operations) {
    body += figures(op);
    body += pair_charts(*a.find(op.op), *b.find(op.op), name_a, name_b);
  }
  for (const std::string& op : c.only_in_a) body += fmt::format("<p>{}: only in A</p>\n", escape_html(op));
  for (const std::string& op : c.only_in_b) body += fmt::format("<p>{}: only in B</p>\n", escape_html(op));
  return document("cairn bench: two runs", body);
}

}  // namespace cairn::s3client::bench
