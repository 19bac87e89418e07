#pragma once
// How a flow names columns to search by vector: "embedding", or "embedding metric=cosine keep=f16 dims=128, other".
// pond.yaml has them as names, maps or lists of these; this is the form between the flow and the index.

#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::flow {

struct DeclaredVector {
  std::string column;
  std::string metric = "inner_product";  ///< inner_product, cosine, l2, hamming
  std::string keep = "f32";              ///< f32, f16, int8, bit
  int dims = 0;  ///< 0: all; otherwise the first so many are searched, and the best compared whole
  bool operator==(const DeclaredVector&) const = default;
};

/// Empty for the empty text.
/// Errors: kInvalidArgument for what is none of these, and for metrics and kinds that do not go together.
Result<std::vector<DeclaredVector>> declared_vectors(std::string_view declared);
/// The inverse; what is as usual is left out.
std::string declaration_of(const std::vector<DeclaredVector>& vectors);
/// The first column that is named: the one that text is compared with. Empty if there is none.
std::string first_vector(std::string_view declared);

}  // namespace millpond::flow
