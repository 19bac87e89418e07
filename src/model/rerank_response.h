#pragma once
// What a service answers to a rerank request.

#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::model {

/// The scores of `count` passages, in the order in which they were sent.
///
/// Forms:   {"results": [{"index", "relevance_score"}]} (Cohere, Jina, vLLM, llama.cpp), the same under "data"
///          (Voyage), and [{"index", "score"}] (Text Embeddings Inference).
/// Errors:  kUnavailable for anything else, a passage without a score, or a score that is not finite.
Result<std::vector<double>> parse_rerank_response(std::string_view body, std::size_t count);

}  // namespace millpond::model
