#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::s3client::bench {

std::string escape_html(std::string_view text);  // for text and for quoted attributes

enum class XAxis { seconds, quantile };  // the latter: as much room for each further nine
enum class YAxis { linear, logarithmic };

struct Line {
  std::string name;
  int color = 1;  // 1 to 5: a colour of the page's palette, the same thing in every chart
  std::vector<std::pair<double, double>> points;  // x ascending; seconds or quantiles
};

struct Chart {
  std::string title;
  std::string unit;  // of y
  XAxis x = XAxis::seconds;
  YAxis y = YAxis::linear;
  std::vector<Line> lines;
};

// A <figure> with an inline SVG and what the page's script needs to show values under the pointer. Empty when
// no line has points.
std::string render_chart(const Chart& chart);

}  // namespace cairn::s3client::bench
