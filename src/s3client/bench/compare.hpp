#pragma once
#include <string>
#include <vector>

#include "s3client/bench/report.hpp"

namespace cairn::s3client::bench {

enum class Verdict { same, better, worse };

// One figure of one operation in both runs.
struct ComparedFigure {
  std::string name;  // "op/s", "p99 ms"
  double a = 0, b = 0;
  double ratio = 0;  // b / a; 0 where a is 0
  Verdict verdict = Verdict::same;
};

struct ComparedOp {
  std::string op;
  std::vector<ComparedFigure> figures;
};

struct Comparison {
  std::vector<ComparedOp> operations;             // those that both runs have
  std::vector<std::string> only_in_a, only_in_b;  // names of operations
  // Settings that are not the same: what makes the comparison one of different things.
  struct Difference {
    std::string name, a, b;
  };
  std::vector<Difference> settings;
};

// Differences up to `noise` (0.05: five percent) count as the same.
Comparison compare(const Report& a, const Report& b, double noise = 0.05);
std::string to_text(const Comparison& comparison, const Report& a, const Report& b);

}  // namespace cairn::s3client::bench
