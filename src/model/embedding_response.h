#pragma once
// The answer of an OpenAI-compatible /v1/embeddings.

#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::model {

inline constexpr int kDimensionsMax = 65'536;

struct EmbeddingResponse {
  int dimensions = 0;
  std::vector<float> values;  ///< texts × dimensions, in the order of the request; each row of length 1
};

/// Takes vectors as JSON numbers or as base64 of little-endian float32, in any order of their `index`.
/// Errors: kDataCorrupt: not `texts` vectors, unequal sizes, numbers that are not finite, all zeros.
Result<EmbeddingResponse> parse_embedding_response(std::string_view body, std::size_t texts);

}  // namespace millpond::model
