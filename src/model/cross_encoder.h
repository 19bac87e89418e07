#pragma once
// Rerankers on this machine.

#include "millpond/model/reranker.h"

namespace millpond::model {

Result<std::shared_ptr<Reranker>> open_cross_encoder(const RerankerOptions& options, Context& context);

}  // namespace millpond::model
