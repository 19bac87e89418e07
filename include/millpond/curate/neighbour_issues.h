#pragma once
// What a data set's vectors say about it: outliers, near-duplicates, and whether the order of its rows matters.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "millpond/context.h"

namespace millpond::curate {

/// The k nearest other rows of each row, nearest first; of equally near ones the first. Equal vectors are at 0.
struct Neighbours {
  std::size_t rows = 0, k = 0;
  std::vector<std::int32_t> row;  ///< k for each row
  std::vector<double> distance;   ///< 1 - cosine; the Euclidean distance of vectors of up to three numbers
};

/// Compares all rows with each other, in double precision.
/// `vectors`: `width` numbers a row. Errors: kInvalidArgument for too few rows, or a vector without a direction.
/// Threads: as many as the context has; the result does not depend on them.
Result<Neighbours> nearest_neighbours(std::span<const float> vectors, std::size_t width, std::size_t k,
                                      Context& context);

/// Vectors of so many numbers are compared by their directions.
bool by_direction(std::size_t width);

/// Appends rows that may be the nearest to a row, in any order, itself or not. Threads: called by several at once.
using NearRowsOf = std::function<Status(std::size_t row, std::vector<std::int32_t>& others)>;

/// As `nearest_neighbours`, of the rows that `near` names; where those are too few, of all.
Result<Neighbours> nearest_of(std::span<const float> vectors, std::size_t width, std::size_t k, const NearRowsOf& near,
                              Context& context);

struct Outliers {
  std::vector<double> scores;      ///< from 1 (among its like) down to 0
  std::vector<std::int64_t> rows;  ///< the furthest first
};

/// Rows whose mean distance to their neighbours is beyond Q3 + (1 / threshold - 1) of the interquartile range.
/// Source: the outlier issues of cleanlab's Datalab on features, whose threshold is 0.37037.
Outliers find_outliers(const Neighbours& neighbours, double threshold);

struct NearDuplicateRows {
  std::vector<double> scores;                     ///< 0: there is an equal row
  std::vector<std::vector<std::int32_t>> of_row;  ///< the near-duplicates of each row among the neighbours, ascending
};

/// Rows nearer to each other than `threshold` of the median distance to the nearest neighbour.
/// Source: the near-duplicate issues of Datalab, whose threshold is 0.13.
NearDuplicateRows find_near_duplicates(const Neighbours& neighbours, double threshold);

/// How probable neighbours as close to each other in the order of the rows would be if that order were random; under
/// 0.05 it is not: the rows drift, or are sorted. Source: the non-IID test of Datalab, with its 25 permutations, which
/// are the same in each run.
double order_p_value(const Neighbours& neighbours);

}  // namespace millpond::curate
