#pragma once
// Near vectors of rows that lie in many places.

#include <memory>
#include <string>
#include <string_view>

#include "curate/keep_rule.h"
#include "curate/near_duplicates/near_vectors.h"
#include "millpond/scattered.h"

namespace millpond::curate {

/// The clusters that `NearVectors` finds, to the bit.
///
/// How:     rows are counted, so that the same ones are sampled; the driver learns the groups from that sample (8 MB at
///          most); the members of each group are counted; then each vector goes to its two groups. A group of many
///          members is cut into blocks, and each two blocks meet in a place of their own.
/// Memory:  a place holds two blocks of 4096 vectors at least, or more if there are fewer places than groups.
/// Errors:  kDataCorrupt for a plan that is none.
Result<std::unique_ptr<ScatteredSurvey>> scattered_vectors(std::string column, NearVectorRule near, KeepRule rule,
                                                           bool drop, std::string_view plan);

}  // namespace millpond::curate
