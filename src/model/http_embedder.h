#pragma once
// An embedder behind an OpenAI-compatible service.

#include <memory>
#include <string>

#include "millpond/model/embedder.h"

namespace millpond::model {

/// Asks the service for one vector when `options.dimensions` is 0, to know their number.
Result<std::shared_ptr<Embedder>> open_http_embedder(const EmbedderOptions& options, Context& context);

std::string http_fingerprint(const EmbedderOptions& options);

}  // namespace millpond::model
