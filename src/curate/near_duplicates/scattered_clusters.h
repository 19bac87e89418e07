#pragma once
// Clusters of rows that lie in many places: pairs are found by key, joined by a distributed algorithm, and the rule
// picks who stays.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "curate/keep_rule.h"
#include "millpond/scattered.h"

namespace millpond::curate {

/// A row under one of its keys.
struct KeyedRow {
  std::int64_t row;
  std::string_view detail;  ///< what `pairs` compares
};

/// What a fold of clusters knows about its rows.
class NearRows {
 public:
  virtual ~NearRows() = default;
  using AddKey = std::function<Status(std::int64_t row, std::int64_t key, std::int64_t band, std::string_view detail)>;
  using Join = std::function<void(std::int64_t row, std::int64_t other)>;
  /// The keys of each row; rows that have one of them in common (of the same band) may be near.
  virtual Status keys(const Batch& rows, const AddKey& add) = 0;
  /// Which of the rows with a key, in their order, are near.
  virtual void pairs(const std::vector<KeyedRow>& rows, const Join& join) const = 0;
  /// Must be the same for all rows; empty where there were none.
  virtual std::string form() const { return {}; }
};

/// The clusters, and who stays, as `Clusters` has them.
///
/// How:     the pairs of a place are joined there first; then large-star and small-star (Kiveris and others, 2014) in
///          turn, each a pass by row, until nothing changes: now each row has one pair, with the first row of its
///          cluster. The rows of a cluster meet, as records, where one stays; clusters are numbered by counts.
/// Memory:  a place holds the records of the rows whose keys came to it; a cluster's records meet in one place (48
///          bytes a row).
/// `replay`: the sets' roots stay, as datatrove joins them: each cluster's pairs are joined again in that order, which
///          is that of band, detail and row.
std::unique_ptr<ScatteredSurvey> scattered_clusters(std::unique_ptr<NearRows> rows, KeepRule rule, bool drop,
                                                    bool replay, std::string_view plan);

}  // namespace millpond::curate
