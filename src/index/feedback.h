#pragma once
// Lets the rows that are found first say what was meant: rows like them move up (docs/search.md).

#include <span>
#include <string_view>
#include <vector>

#include "index/visible.h"

namespace millpond::index {

/// Adds to the score of each candidate how like the best of them its vector is, in the named column ("": the first).
/// Rows without a vector get nothing, and so do all where a row has several, or they are compared by distance or as
/// bits. Returns the share that likeness has in the scores, which stay in 0..1; `weight` is the most that it may weigh
/// beside the 1 of what the scores are.
double add_feedback(std::span<const Visible> segments, std::string_view column, double weight,
                    std::vector<Hit>& candidates);

/// 0..1: little where one row stands out, which is what questions with a single answer look like. Best score first.
double feedback_trust(std::span<const double> best);

/// The pure part: mixes `likeness`, put on a scale from that of the middle row to the largest, into the scores.
double lift(std::vector<Hit>& candidates, const std::vector<double>& likeness, double weight);

}  // namespace millpond::index
