#pragma once
// Which steps of a flow make vectors of text, and with which model: a question is given its vector in the same way.

#include <optional>

#include "millpond/chain.h"
#include "millpond/model/embedder.h"

namespace millpond::model {

/// The embedder of `embed` and `chunk_late`; nothing for other steps.
std::optional<EmbedderOptions> embedder_of(const Step& step);

}  // namespace millpond::model
