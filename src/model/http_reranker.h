#pragma once
// Rerankers that are services.

#include "millpond/model/reranker.h"

namespace millpond::model {

Result<std::shared_ptr<Reranker>> open_http_reranker(const RerankerOptions& options, Context& context);

}  // namespace millpond::model
