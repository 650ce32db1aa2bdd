#include "s3client/bench/chart.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "s3client/bench/format.hpp"

namespace cairn::s3client::bench {
namespace {

// The picture's own units; the page scales it to the width there is.
constexpr double kWidth = 640, kHeight = 260, kLeft = 58, kRight = 14, kTop = 12, kBottom = 30;
constexpr std::size_t kMaxPoints = 320;

struct Tick {
  double at;
  std::string text;
};

// One axis: values to the unit interval, and where its ticks stand.
struct Scale {
  double low = 0, high = 1;
  std::vector<Tick> ticks;
  double unit(double v) const { return high > low ? std::clamp((v - low) / (high - low), 0.0, 1.0) : 0.5; }
};

std::string tick_text(double v) {
  if (v >= 1e6) return fmt::format("{:g}M", v / 1e6);
  if (v >= 1e4) return fmt::format("{:g}k", v / 1e3);
  return fmt::format("{:g}", v);
}

Scale linear_scale(double low, double high, int wanted) {
  if (high <= low) high = low + 1;
  const double raw = (high - low) / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double fraction = raw / power;
  const double step = power * (fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10);
  Scale s{.low = low, .high = std::ceil(high / step - 1e-9) * step, .ticks = {}};
  for (int i = static_cast<int>(std::ceil(low / step)); i * step <= s.high + step * 1e-6; ++i)
    s.ticks.push_back({i * step, tick_text(i * step)});
  return s;
}

// Values are logarithms to base 10.
Scale log_scale(double low, double high) {
  Scale s{.low = std::floor(low * 3) / 3, .high = std::ceil(high * 3) / 3, .ticks = {}};
  if (s.high - s.low < 1) s.high = s.low + 1;
  const bool fine = s.high - s.low < 2.1;
  for (int decade = static_cast<int>(std::floor(s.low)); decade <= s.high; ++decade)
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double at = decade + std::log10(digit);
      if ((digit == 1.0 || fine) && at >= s.low - 1e-9 && at <= s.high + 1e-9)
        s.ticks.push_back({at, tick_text(digit * std::pow(10.0, decade))});
    }
  return s;
}

double nines(double quantile) { return -std::log10(std::max(1 - quantile, 1e-6)); }

std::string quantile_name(double quantile) {
  return quantile <= 0 ? "min" : fmt::format("p{:.6g}", quantile * 100);
}

Scale quantile_scale(double highest) {
  Scale s{.low = 0, .high = std::max(nines(highest), 1.0), .ticks = {}};
  s.ticks.push_back({0, "min"});
  for (const double q : {0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999})
    if (nines(q) <= s.high + 1e-9) s.ticks.push_back({nines(q), quantile_name(q)});
  return s;
}

// At most kMaxPoints of them, each the mean of a run.
std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points) {
  const std::size_t run = (points.size() + kMaxPoints - 1) / kMaxPoints;
  if (run <= 1) return points;
  std::vector<std::pair<double, double>> result;
  for (std::size_t i = 0; i < points.size(); i += run) {
    const std::size_t n = std::min(run, points.size() - i);
    double sum = 0;
    for (std::size_t k = i; k < i + n; ++k) sum += points[k].second;
    result.emplace_back(points[i].first, sum / static_cast<double>(n));
  }
  return result;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    for (const Line& line : chart.lines) lines_.push_back({line.name, line.color, thinned(line.points)});
    measure();
  }

  std::string render() const {
    std::string out =
        fmt::format("<figure class=\"card\"><figcaption><b>{}</b> <span>{}</span></figcaption>\n",
                    escape_html(chart_.title), escape_html(chart_.unit));
    if (lines_.size() > 1) out += legend();
    out += fmt::format("<div class=\"plot\" data-plot=\"{}\">", escape_html(data()));
    out += fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth, kHeight,
                       escape_html(chart_.title));
    grid(out);
    for (const Line& line : lines_) draw(out, line);
    out += fmt::format(
        "<line class=\"cursor\" y1=\"{}\" y2=\"{}\" x1=\"0\" x2=\"0\"/></svg><div "
        "class=\"tip\"></div></div></figure>\n",
        kTop, kHeight - kBottom);
    return out;
  }

 private:
  double plot_x(double v) const { return chart_.x == XAxis::quantile ? nines(v) : v; }
  double plot_y(double v) const { return chart_.y == YAxis::logarithmic ? std::log10(std::max(v, 1e-6)) : v; }
  double to_x(double v) const { return kLeft + x_.unit(plot_x(v)) * (kWidth - kLeft - kRight); }
  double to_y(double v) const { return kHeight - kBottom - y_.unit(plot_y(v)) * (kHeight - kTop - kBottom); }

  void measure() {
    double x_high = 0, y_low = 1e300, y_high = 0;
    for (const Line& line : lines_)
      for (const auto& [x, y] : line.points) {
        x_high = std::max(x_high, x);
        y_low = std::min(y_low, y);
        y_high = std::max(y_high, y);
      }
    x_ = chart_.x == XAxis::quantile ? quantile_scale(x_high) : linear_scale(0, x_high, 6);
    if (chart_.x == XAxis::seconds) x_.high = std::max(x_high, 1.0);
    std::erase_if(x_.ticks, [this](const Tick& t) { return t.at > x_.high + 1e-9; });
    y_ = chart_.y == YAxis::logarithmic
             ? log_scale(std::log10(std::max(y_low, 1e-4)), std::log10(std::max(y_high, 1e-4)))
             : linear_scale(0, y_high, 4);
  }

  void grid(std::string& out) const {
    for (const Tick& t : y_.ticks) {
      const double y = kHeight - kBottom - y_.unit(t.at) * (kHeight - kTop - kBottom);
      out += fmt::format(
          "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
          "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
          kLeft, kWidth - kRight, y, kLeft - 8, y + 4, t.text);
    }
    out += fmt::format("<line class=\"axis\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>\n", kLeft,
                       kWidth - kRight, kHeight - kBottom);
    for (const Tick& t : x_.ticks) {
      const double x = kLeft + x_.unit(t.at) * (kWidth - kLeft - kRight);
      const bool last = x > kWidth - kRight - 16;
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}{}</text>\n",
                         last ? kWidth - kRight : x, kHeight - 10, last ? "end" : "middle", t.text,
                         chart_.x == XAxis::seconds ? " s" : "");
    }
  }

  void draw(std::string& out, const Line& line) const {
    if (line.points.empty()) return;
    if (line.points.size() == 1) {
      out += fmt::format("<circle class=\"dot c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>\n", line.color,
                         to_x(line.points[0].first), to_y(line.points[0].second));
      return;
    }
    out += fmt::format("<polyline class=\"line c{}\" points=\"", line.color);
    for (const auto& [x, y] : line.points) out += fmt::format("{:.1f},{:.1f} ", to_x(x), to_y(y));
    out += "\"/>\n";
  }

  std::string legend() const {
    std::string out = "<div class=\"legend\">";
    for (const Line& line : lines_)
      out += fmt::format("<span><i class=\"k{}\"></i>{}</span>", line.color, escape_html(line.name));
    return out + "</div>";
  }

  // What the script shows under the pointer: for every x its name and the value of each line, as ready text.
  std::string data() const {
    std::map<double, std::vector<std::string>> rows;
    for (std::size_t i = 0; i < lines_.size(); ++i)
      for (const auto& [x, y] : lines_[i].points) {
        auto& row = rows[x];
        row.resize(lines_.size());
        row[i] = chart_.unit == "ms" ? format_ms(y) : format_rate(y);
      }
    std::string out = fmt::format("{{\"w\":{},\"n\":[", kWidth);
    for (std::size_t i = 0; i < lines_.size(); ++i)
      out += fmt::format("{}[\"{}\",{}]", i == 0 ? "" : ",", json_text(lines_[i].name), lines_[i].color);
    out += "],\"p\":[";
    bool first = true;
    for (const auto& [x, row] : rows) {
      out += fmt::format("{}[{:.1f},\"{}\"", first ? "" : ",", to_x(x),
                         chart_.x == XAxis::quantile ? quantile_name(x) : fmt::format("{:g} s", x));
      first = false;
      for (std::size_t i = 0; i < lines_.size(); ++i)
        out += fmt::format(",\"{}\"", i < row.size() ? row[i] : std::string());
      out += "]";
    }
    return out + "]}";
  }

  static std::string json_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out;
  }

  const Chart& chart_;
  std::vector<Line> lines_;
  Scale x_, y_;
};

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string render_chart(const Chart& chart) {
  if (std::all_of(chart.lines.begin(), chart.lines.end(), [](const Line& l) { return l.points.empty(); }))
    return {};
  return Drawing(chart).render();
}

}  // namespace cairn::s3client::bench
